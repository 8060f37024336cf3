//! A scripted server, and commands run against it as a person would type them.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use clap::{CommandFactory, Parser};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use jiff::Timestamp;
use kube::client::Body;
use serde_json::{Value, json};

use crate::api::{Api, Flow, Uploads};
use crate::builder_images::{BuilderImages, BuilderImport, ImportedBuilder, Progress};
use crate::command::{Command, dispatch};
use crate::global::GlobalOptions;
use crate::session::{Connection, Session};
use crate::terminal::Terminal;

#[derive(Parser)]
#[command(name = "weir")]
struct Line {
    #[command(flatten)]
    global: GlobalOptions,
    #[command(subcommand)]
    command: Command,
}

/// A server that gives prepared answers and remembers what it was asked.
#[derive(Clone, Default)]
pub struct Server {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    answers: Vec<Answer>,
    calls: Vec<(String, Value)>,
    uploaded: Vec<Vec<u8>>,
}

struct Answer {
    call: String,
    /// The last one is given again and again.
    replies: VecDeque<(u16, String)>,
}

/// What a command did.
pub struct Outcome {
    pub out: String,
    pub err: String,
    pub code: u8,
}

impl Server {
    /// A server with nothing but the kinds it serves.
    pub fn new() -> Self {
        let server = Self::default();
        server.on("GET /api", 200, core_discovery());
        server.on("GET /apis", 200, groups_discovery());
        server
    }

    /// Answers `call` (`GET /path?query`); several answers for one call are given in turn.
    pub fn on(&self, call: &str, code: u16, answer: Value) -> &Self {
        self.on_text(call, code, &answer.to_string())
    }

    pub fn on_text(&self, call: &str, code: u16, answer: &str) -> &Self {
        let mut state = self.state.lock().unwrap();
        let reply = (code, answer.to_string());
        match state.answers.iter_mut().find(|known| known.call == call) {
            Some(known) => known.replies.push_back(reply),
            None => state.answers.push(Answer {
                call: call.into(),
                replies: VecDeque::from([reply]),
            }),
        }
        drop(state);
        self
    }

    /// What was asked, without discovery.
    pub fn calls(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        state
            .calls
            .iter()
            .map(|(call, _)| call.clone())
            .filter(|call| call != "GET /api" && call != "GET /apis")
            .collect()
    }

    /// The body that came with `call`.
    pub fn body(&self, call: &str) -> Value {
        let state = self.state.lock().unwrap();
        let found = state.calls.iter().rev().find(|(known, _)| known == call);
        found
            .map(|(_, body)| body.clone())
            .unwrap_or_else(|| panic!("nobody asked `{call}`"))
    }

    pub async fn run(&self, words: &str) -> Outcome {
        self.run_words(&words.split_whitespace().collect::<Vec<_>>(), "").await
    }

    pub async fn run_words(&self, words: &[&str], input: &str) -> Outcome {
        let line = match Line::try_parse_from([&["weir"], words].concat()) {
            Ok(line) => line,
            Err(error) => panic!("{error}"),
        };
        let (terminal, out, err) = Terminal::captured(input);
        let session = self.session_of(line.global, terminal.clone());
        let code = match dispatch(line.command, &session).await {
            Ok(()) => 0,
            Err(failure) => {
                failure.text().into_iter().for_each(|text| terminal.note(text));
                failure.exit_code()
            }
        };
        Outcome {
            out: out.text(),
            err: err.text(),
            code,
        }
    }

    /// A session for what is tested below the command line.
    pub fn session(&self) -> Session<'static> {
        let (terminal, _, _) = Terminal::captured("");
        self.session_of(GlobalOptions::default(), terminal)
    }

    fn session_of(&self, global: GlobalOptions, terminal: Terminal) -> Session<'static> {
        let connection = Connection {
            api: Api::new(self.client(), "https://127.0.0.1:8443".into(), None, terminal.clone())
                .with_uploads(Some(self.uploads())),
            namespace: global.namespace.clone().unwrap_or_else(|| "myproject".into()),
            context: "myproject/127-0-0-1:8443/admin".into(),
            token: Some("sha256~secret".into()),
        };
        Session::new(global, terminal, Line::command(), &NoBuilders).scripted(connection, now)
    }

    pub fn api(&self) -> Api {
        let (terminal, _, _) = Terminal::captured("");
        Api::new(self.client(), "https://127.0.0.1:8443".into(), None, terminal)
    }

    fn client(&self) -> kube::Client {
        let server = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let server = server.clone();
            async move { Ok::<_, Infallible>(server.answer(request).await) }
        });
        kube::Client::new(service, "default")
    }

    fn uploads(&self) -> Uploads {
        let server = self.clone();
        Uploads::new(tower::service_fn(move |request: Request<Flow>| {
            let server = server.clone();
            async move {
                let (head, body) = request.into_parts();
                // A client that breaks off gets no answer.
                let body = body.collect().await?.to_bytes();
                server.state.lock().unwrap().uploaded.push(body.to_vec());
                let answer = server.answer(Request::from_parts(head, Body::empty())).await;
                Ok(answer.map(|body| body.map_err(|never| match never {}).boxed_unsync()))
            }
        }))
    }

    /// What was uploaded last.
    pub fn uploaded(&self) -> Vec<u8> {
        self.state
            .lock()
            .unwrap()
            .uploaded
            .last()
            .cloned()
            .expect("nothing was uploaded")
    }

    async fn answer(&self, request: Request<Body>) -> Response<Full<bytes::Bytes>> {
        let call = format!("{} {}", request.method(), request.uri());
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let mut state = self.state.lock().unwrap();
        state
            .calls
            .push((call.clone(), serde_json::from_slice(&body).unwrap_or(Value::Null)));
        let reply = state
            .answers
            .iter_mut()
            .find(|known| known.call == call)
            .and_then(|known| {
                if known.replies.len() > 1 {
                    known.replies.pop_front()
                } else {
                    known.replies.front().cloned()
                }
            });
        let (code, text) = reply.unwrap_or_else(|| {
            let message = format!("{call} not found");
            (
                404,
                json!({"kind": "Status", "reason": "NotFound", "message": message, "code": 404}).to_string(),
            )
        });
        Response::builder().status(code).body(Full::new(text.into())).unwrap()
    }
}

/// A failure as a server sends it.
pub fn status(code: u16, reason: &str, message: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": code})
}

/// The moment at which tests happen.
pub fn now() -> Timestamp {
    "2026-11-23T03:20:00Z".parse().unwrap()
}

struct NoBuilders;

#[async_trait::async_trait]
impl BuilderImages for NoBuilders {
    async fn import(
        &self,
        import: BuilderImport<'_>,
        progress: Progress<'_>,
    ) -> Result<ImportedBuilder, Box<dyn std::error::Error + Send + Sync>> {
        progress(&format!("importing {} from {:?}", import.name, import.from));
        if import.name == "broken" {
            return Err("no engine answers".into());
        }
        Ok(ImportedBuilder {
            tag: "latest".into(),
            digest: "sha256:0123".into(),
        })
    }
}

fn entry(plural: &str, kind: &str, short: &[&str], scope: &str, categories: &[&str]) -> Value {
    // A project is a view, which cannot be watched.
    let verbs = ["create", "delete", "get", "list", "patch", "update", "watch"];
    json!({
        "resource": plural, "singularResource": kind.to_lowercase(), "shortNames": short, "categories": categories,
        "scope": scope, "responseKind": {"kind": kind},
        "verbs": if kind == "Project" { &verbs[..6] } else { &verbs },
    })
}

fn discovery(groups: &[(&str, Vec<Value>)]) -> Value {
    let items: Vec<Value> = groups
        .iter()
        .map(|(name, resources)| json!({"metadata": {"name": name}, "versions": [{"version": "v1", "resources": resources}]}))
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

fn core_discovery() -> Value {
    discovery(&[(
        "",
        vec![
            entry("namespaces", "Namespace", &["ns"], "Cluster", &[]),
            entry("events", "Event", &["ev"], "Namespaced", &[]),
            entry("pods", "Pod", &["po"], "Namespaced", &["all"]),
            entry(
                "replicationcontrollers",
                "ReplicationController",
                &["rc"],
                "Namespaced",
                &["all"],
            ),
            entry("limitranges", "LimitRange", &["limits"], "Namespaced", &[]),
            entry("resourcequotas", "ResourceQuota", &["quota"], "Namespaced", &[]),
            entry("secrets", "Secret", &[], "Namespaced", &[]),
            entry("serviceaccounts", "ServiceAccount", &["sa"], "Namespaced", &[]),
            entry("services", "Service", &["svc"], "Namespaced", &["all"]),
        ],
    )])
}

fn groups_discovery() -> Value {
    discovery(&[
        (
            "apps.openshift.io",
            vec![entry(
                "deploymentconfigs",
                "DeploymentConfig",
                &["dc"],
                "Namespaced",
                &["all"],
            )],
        ),
        (
            "build.openshift.io",
            vec![
                entry("buildconfigs", "BuildConfig", &["bc"], "Namespaced", &["all"]),
                entry("builds", "Build", &[], "Namespaced", &["all"]),
            ],
        ),
        (
            "image.openshift.io",
            vec![
                entry("imagestreams", "ImageStream", &["is"], "Namespaced", &["all"]),
                entry("imagestreamtags", "ImageStreamTag", &["istag"], "Namespaced", &[]),
            ],
        ),
        (
            "project.openshift.io",
            vec![entry("projects", "Project", &[], "Cluster", &[])],
        ),
    ])
}

#[test]
fn the_command_line_is_consistent() {
    Line::command().debug_assert();
}
