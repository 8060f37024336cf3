use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::watch;

/// As much of the API as the builder talks to, in memory: pods with a watch, builds with details, tokens, secrets.
#[derive(Clone)]
pub struct Api {
    state: Arc<Mutex<Objects>>,
    /// Counts changes, for whoever waits for one.
    version: watch::Sender<u64>,
}

#[derive(Default)]
struct Objects {
    pods: BTreeMap<(String, String), Value>,
    builds: BTreeMap<(String, String), Value>,
    secrets: BTreeMap<(String, String), Value>,
    events: Vec<(u64, Value)>,
    /// Audiences of the tokens that were asked for.
    audiences: Vec<String>,
    /// So many puts of details are answered with a conflict.
    conflicts: u32,
    version: u64,
}

impl Api {
    pub fn new() -> Self {
        Self {
            state: Arc::default(),
            version: watch::Sender::new(0),
        }
    }

    pub fn client(&self) -> kube::Client {
        let router = Router::new()
            .route("/api/v1/pods", get(pods))
            .route(
                "/api/v1/namespaces/{namespace}/pods/{name}",
                get(pod).delete(delete_pod),
            )
            .route(
                "/api/v1/namespaces/{namespace}/pods/{name}/status",
                axum::routing::patch(patch_status),
            )
            .route("/api/v1/namespaces/{namespace}/secrets/{name}", get(secret))
            .route(
                "/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token",
                post(token),
            )
            .route(
                "/apis/build.openshift.io/v1/namespaces/{namespace}/builds/{name}",
                get(build),
            )
            .route(
                "/apis/build.openshift.io/v1/namespaces/{namespace}/builds/{name}/details",
                put(details),
            )
            .with_state(self.clone());
        weir_client::in_process(router, "weir-builder", ())
    }

    /// Puts a build and its pod there, as the build controller does.
    pub fn create(&self, build: Value) {
        let namespace = build["metadata"]["namespace"].as_str().unwrap().to_owned();
        let name = build["metadata"]["name"].as_str().unwrap().to_owned();
        let pod_name = format!("{name}-build");
        let source = &build["spec"]["source"];
        let clones = !source["git"].is_null() || !source["binary"].is_null();
        let main = if build["spec"]["strategy"]["dockerStrategy"].is_null() {
            "sti-build"
        } else {
            "docker-build"
        };
        let environment = json!([{"name": "BUILD", "value": build.to_string()}]);
        let mut spec = json!({
            "nodeName": "weir-builder",
            "activeDeadlineSeconds": build["spec"]["completionDeadlineSeconds"],
            "containers": [{"name": main, "image": "weir-builder", "env": environment}],
        });
        if clones {
            spec["initContainers"] = json!([{"name": "git-clone", "image": "weir-builder", "env": environment}]);
        }
        let mut state = self.lock();
        state.version += 1;
        let version = state.version;
        let mut stored = build;
        stored["metadata"]["resourceVersion"] = json!(version.to_string());
        stored["status"]["phase"] = json!("Pending");
        state.builds.insert((namespace.clone(), name.clone()), stored);
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": namespace, "name": pod_name, "uid": format!("uid-{version}"),
                         "annotations": {"openshift.io/build.name": name}},
            "spec": spec,
            "status": {"phase": "Pending"},
        });
        drop(state);
        self.store_pod("ADDED", pod);
    }

    pub fn add_secret(&self, namespace: &str, name: &str, data: Value) {
        let secret = json!({"apiVersion": "v1", "kind": "Secret",
                            "metadata": {"namespace": namespace, "name": name}, "data": data});
        self.lock()
            .secrets
            .insert((namespace.to_owned(), name.to_owned()), secret);
    }

    /// Asks for a pod's end, as a client's delete does.
    pub fn request_deletion(&self, namespace: &str, name: &str) {
        let mut pod = self.pod(namespace, name).unwrap();
        pod["metadata"]["deletionTimestamp"] = json!("2026-11-23T10:00:00Z");
        self.store_pod("MODIFIED", pod);
    }

    pub fn change_pod(&self, namespace: &str, name: &str, change: impl FnOnce(&mut Value)) {
        let mut pod = self.pod(namespace, name).unwrap();
        change(&mut pod);
        self.store_pod("MODIFIED", pod);
    }

    pub fn answer_conflicts(&self, count: u32) {
        self.lock().conflicts = count;
    }

    pub fn change_build(&self, namespace: &str, name: &str, change: impl FnOnce(&mut Value)) {
        change(
            self.lock()
                .builds
                .get_mut(&(namespace.to_owned(), name.to_owned()))
                .unwrap(),
        );
    }

    pub fn pod(&self, namespace: &str, name: &str) -> Option<Value> {
        self.lock().pods.get(&(namespace.to_owned(), name.to_owned())).cloned()
    }

    pub fn build(&self, namespace: &str, name: &str) -> Value {
        self.lock().builds[&(namespace.to_owned(), name.to_owned())].clone()
    }

    pub fn audiences(&self) -> Vec<String> {
        self.lock().audiences.clone()
    }

    /// Waits until the objects are as wanted.
    pub async fn until<T>(&self, what: &str, mut look: impl FnMut(&Api) -> Option<T>) -> T {
        let mut version = self.version.subscribe();
        let waiting = async {
            loop {
                version.borrow_and_update();
                if let Some(found) = look(self) {
                    return found;
                }
                version.changed().await.unwrap();
            }
        };
        match tokio::time::timeout(std::time::Duration::from_secs(120), waiting).await {
            Ok(found) => found,
            Err(_) => panic!("{what} did not happen; pods: {:#?}", self.lock().pods),
        }
    }

    fn store_pod(&self, kind: &str, mut pod: Value) -> Value {
        let mut state = self.lock();
        state.version += 1;
        let version = state.version;
        pod["metadata"]["resourceVersion"] = json!(version.to_string());
        let text = |field: &str| pod["metadata"][field].as_str().unwrap().to_owned();
        let key = (text("namespace"), text("name"));
        if kind == "DELETED" {
            state.pods.remove(&key);
        } else {
            state.pods.insert(key, pod.clone());
        }
        state.events.push((version, json!({"type": kind, "object": pod})));
        drop(state);
        self.bump();
        pod
    }

    fn bump(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Objects> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

type Key = Path<(String, String)>;

async fn pods(State(api): State<Api>, Query(query): Query<BTreeMap<String, String>>) -> Response {
    assert_eq!(
        query.get("fieldSelector").map(String::as_str),
        Some("spec.nodeName=weir-builder")
    );
    if query.get("watch").is_none_or(|watch| watch != "true") {
        let state = api.lock();
        let items: Vec<Value> = state.pods.values().cloned().collect();
        let list = json!({"apiVersion": "v1", "kind": "PodList", "items": items,
                          "metadata": {"resourceVersion": state.version.to_string()}});
        return Json(list).into_response();
    }
    let from: u64 = query["resourceVersion"].parse().unwrap();
    let stream = futures::stream::unfold(
        (api.clone(), api.version.subscribe(), from),
        |(api, mut changes, seen)| async move {
            loop {
                changes.borrow_and_update();
                let next = api.lock().events.iter().find(|(version, _)| *version > seen).cloned();
                if let Some((version, event)) = next {
                    return Some((Ok::<_, std::io::Error>(format!("{event}\n")), (api, changes, version)));
                }
                changes.changed().await.ok()?;
            }
        },
    );
    ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(stream)).into_response()
}

async fn pod(State(api): State<Api>, Path((namespace, name)): Key) -> Response {
    found(api.pod(&namespace, &name))
}

async fn delete_pod(State(api): State<Api>, Path((namespace, name)): Key, Json(options): Json<Value>) -> Response {
    assert_eq!(options["gracePeriodSeconds"], 0);
    let Some(pod) = api.pod(&namespace, &name) else {
        return found(None);
    };
    assert_eq!(options["preconditions"]["uid"], pod["metadata"]["uid"]);
    Json(api.store_pod("DELETED", pod)).into_response()
}

async fn patch_status(State(api): State<Api>, Path((namespace, name)): Key, Json(patch): Json<Value>) -> Response {
    let Some(mut pod) = api.pod(&namespace, &name) else {
        return found(None);
    };
    assert_eq!(patch.as_object().unwrap().keys().collect::<Vec<_>>(), ["status"]);
    pod["status"] = patch["status"].clone();
    Json(api.store_pod("MODIFIED", pod)).into_response()
}

async fn secret(State(api): State<Api>, Path(key): Key) -> Response {
    found(api.lock().secrets.get(&key).cloned())
}

async fn token(State(api): State<Api>, Path((_, account)): Key, Json(request): Json<Value>) -> Response {
    let audience = request["spec"]["audiences"][0].as_str().unwrap().to_owned();
    api.lock().audiences.push(audience.clone());
    let answer = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": request["spec"],
                        "status": {"token": format!("{account} for {audience}")}});
    (StatusCode::CREATED, Json(answer)).into_response()
}

async fn build(State(api): State<Api>, Path(key): Key) -> Response {
    found(api.lock().builds.get(&key).cloned())
}

async fn details(State(api): State<Api>, Path(key): Key, request: Request) -> Response {
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let mut told: Value = serde_json::from_slice(&body).unwrap();
    {
        let mut state = api.lock();
        let stored = state.builds[&key].clone();
        if state.conflicts > 0 || stored["metadata"]["resourceVersion"] != told["metadata"]["resourceVersion"] {
            state.conflicts = state.conflicts.saturating_sub(1);
            return refused(StatusCode::CONFLICT, "Conflict");
        }
        state.version += 1;
        told["metadata"]["resourceVersion"] = json!(state.version.to_string());
        state.builds.insert(key, told.clone());
    }
    api.bump();
    Json(told).into_response()
}

fn found(object: Option<Value>) -> Response {
    object.map_or_else(
        || refused(StatusCode::NOT_FOUND, "NotFound"),
        |object| Json(object).into_response(),
    )
}

fn refused(code: StatusCode, reason: &str) -> Response {
    let status = json!({"apiVersion": "v1", "kind": "Status", "status": "Failure", "metadata": {},
                        "code": code.as_u16(), "reason": reason, "message": reason});
    (code, Json(status)).into_response()
}
