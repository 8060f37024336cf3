//! A machine under test, and the words to talk to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use futures::StreamExt;
use http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt;
use weir_apiserver::{Server, UserInfo};
use weir_oci::Platform;
use weir_registry_client::MemoryRegistries;
use weir_store::MemoryStore;

use super::nodes::Nodes;
use crate::Config;
use crate::auth::{AdminToken, Authenticator, Authorizer, testing};
use crate::oauth::{OAuthConfig, OAuthServer, PasswordProvider, ProviderError};

pub(super) const ADMIN_TOKEN: &str = "the-admin's-secret";
pub(super) const HOST: &str = "registry:5000";
const AUTHENTICATED: &str = "system:authenticated";

/// Where clients reach the server.
pub(super) const ISSUER: &str = "https://127.0.0.1:8443";

pub(super) struct Machine {
    server: Server,
    pub nodes: Arc<Nodes>,
    /// Seconds since 1970.
    time: Arc<AtomicI64>,
    pub pauses: Arc<Pauses>,
}

/// What failed logins waited, and whether they wait still.
#[derive(Default)]
pub(super) struct Pauses {
    pub seen: watch::Sender<Vec<Duration>>,
    pub held: watch::Sender<bool>,
}

impl Pauses {
    async fn pause(self: Arc<Self>, time: Duration) {
        self.seen.send_modify(|seen| seen.push(time));
        self.held.subscribe().wait_for(|held| !held).await.unwrap();
    }
}

/// Everybody whose password is his name backwards.
struct Mirror;

#[async_trait]
impl PasswordProvider for Mirror {
    fn name(&self) -> &str {
        "mirror"
    }

    async fn verify(&self, user: &str, password: &str) -> Result<bool, ProviderError> {
        Ok(!user.is_empty() && password.chars().eq(user.chars().rev()))
    }
}

/// An answer: code and body.
pub(super) type Answer = (u16, Value);

impl Machine {
    /// A machine with the namespace `ns`, where a guest may do everything with these resources.
    pub async fn with_rights(resources: &'static [&'static str]) -> Self {
        let machine = Self::start().await;
        let rules = json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": resources}]);
        machine.role("guest", rules).await;
        machine
            .bind("guest", json!([{"kind": "Group", "name": "guests"}]))
            .await;
        machine
            .created("/api/v1/namespaces", json!({"metadata": {"name": "ns"}}))
            .await;
        machine
    }

    pub async fn start() -> Self {
        let nodes = Arc::new(Nodes::default());
        let time = Arc::new(AtomicI64::new(testing::NOW.as_second()));
        let now = time.clone();
        let clock: crate::Clock = Arc::new(move || jiff::Timestamp::from_second(now.load(Ordering::SeqCst)).unwrap());
        let (authenticator, authorizer) = (authenticator(&clock), Arc::new(Authorizer::default()));
        let config = config(nodes.clone(), clock.clone(), authenticator.clone(), authorizer.clone());
        let admission = Arc::new(crate::Admission::default());
        let server = Server::builder(Arc::new(MemoryStore::new()))
            .resources(crate::resources(config))
            .definitions(crate::definitions().unwrap())
            .authenticator(authenticator.clone())
            .follow(&crate::FOLLOWED, authorizer.clone())
            .follow(&crate::FOLLOWED_BY_ADMISSION, admission.clone())
            .admission(admission)
            .follow(&crate::auth::FOLLOWED_BY_AUTHENTICATOR, authenticator.clone())
            .authorizer(authorizer)
            .namespaces(crate::NAMESPACES)
            .protobuf(crate::PROTOBUF)
            .clock(clock.clone())
            .version("v1.34.0+test")
            .build()
            .await
            .unwrap();
        authenticator.look_up_in(Arc::new(server.objects()));
        crate::bootstrap::establish(&server, Vec::new()).await.unwrap();
        let pauses = Arc::new(Pauses::default());
        let pausing = pauses.clone();
        let oauth = OAuthServer::new(OAuthConfig {
            hosts: vec!["127.0.0.1:8443".into()],
            provider: Arc::new(Mirror),
            objects: server.objects(),
            clock,
            pause: Arc::new(move |time| Box::pin(pausing.clone().pause(time))),
        });
        oauth.prepare().await.unwrap();
        let server = server.with_routes(oauth.router());
        Self {
            server,
            nodes,
            time,
            pauses,
        }
    }

    /// A ClusterRole.
    pub async fn role(&self, name: &str, rules: Value) {
        let role = json!({"metadata": {"name": name}, "rules": rules});
        self.created("/apis/rbac.authorization.k8s.io/v1/clusterroles", role)
            .await;
    }

    /// Gives a ClusterRole to subjects in the whole cluster.
    pub async fn bind(&self, role: &str, subjects: Value) {
        let binding =
            json!({"metadata": {"name": role}, "roleRef": {"kind": "ClusterRole", "name": role}, "subjects": subjects});
        self.created("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
            .await;
    }

    /// What resources are told of a machine, for tests that only look at their descriptions.
    pub fn config() -> Config {
        let clock = testing::clock();
        let authenticator = authenticator(&clock);
        config(Arc::default(), clock, authenticator, Arc::default())
    }

    /// A machine with the namespace `ns`.
    pub async fn with_namespace() -> Self {
        let machine = Self::start().await;
        machine
            .created("/api/v1/namespaces", json!({"metadata": {"name": "ns"}}))
            .await;
        machine
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call("PUT", path, body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, Value::Null).await
    }

    /// As a strategic merge patch.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.patch_as(path, "application/strategic-merge-patch+json", body)
            .await
    }

    pub async fn patch_as(&self, path: &str, content_type: &str, body: Value) -> Answer {
        let request = self.request("PATCH", path).header("content-type", content_type);
        answer(self.send(request.body(Body::from(body.to_string())).unwrap()).await).await
    }

    /// POST that must succeed.
    pub async fn created(&self, path: &str, body: Value) -> Value {
        let (code, object) = self.post(path, body).await;
        assert_eq!(code, 201, "{path}: {object}");
        object
    }

    /// GET that must succeed.
    pub async fn found(&self, path: &str) -> Value {
        let (code, object) = self.get(path).await;
        assert_eq!(code, 200, "{path}: {object}");
        object
    }

    /// Reads an object, changes it and writes it back.
    pub async fn changed(&self, path: &str, change: impl FnOnce(&mut Value)) -> Answer {
        let mut object = self.found(path.trim_end_matches("/status")).await;
        change(&mut object);
        self.put(path, object).await
    }

    pub async fn table(&self, path: &str) -> Vec<Vec<Value>> {
        let request = self
            .request("GET", path)
            .header("accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
        let (code, table) = answer(self.send(request.body(Body::empty()).unwrap()).await).await;
        assert_eq!((code, table["kind"].as_str()), (200, Some("Table")), "{table}");
        let rows = table["rows"].as_array().cloned().unwrap_or_default();
        rows.iter()
            .map(|row| row["cells"].as_array().cloned().unwrap_or_default())
            .collect()
    }

    /// A body that is text: its code and all of it.
    pub async fn text(&self, path: &str) -> (u16, String) {
        let response = self.send(self.request("GET", path).body(Body::empty()).unwrap()).await;
        let code = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (code, String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// A body that is still being written, piece by piece.
    pub async fn follow(&self, path: &str) -> Pieces {
        let response = self.send(self.request("GET", path).body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), 200);
        Pieces(response.into_body().into_data_stream())
    }

    /// The same for somebody with this token.
    pub async fn follow_with_token(&self, token: &str, path: &str) -> Pieces {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        let response = self.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), 200);
        Pieces(response.into_body().into_data_stream())
    }

    /// The same as somebody with this token.
    pub async fn call_with_token(&self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"));
        let request = request
            .header("content-type", "application/json")
            .body(content(&body))
            .unwrap();
        answer(self.send(request).await).await
    }

    /// The same as one of the machine's own components.
    pub async fn call_as(&self, user: &str, method: &str, path: &str, body: Value) -> Answer {
        self.call_in_group(user, "system:masters", method, path, body).await
    }

    /// The same as somebody with few rights.
    pub async fn call_as_guest(&self, method: &str, path: &str, body: Value) -> Answer {
        self.call_in_group("guest", "guests", method, path, body).await
    }

    pub async fn call_in_group(&self, user: &str, group: &str, method: &str, path: &str, body: Value) -> Answer {
        self.call_in_groups(user, &[group], method, path, body).await
    }

    pub async fn call_in_groups(&self, name: &str, groups: &[&str], method: &str, path: &str, body: Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .extension(user(name, groups));
        let request = request
            .header("content-type", "application/json")
            .body(content(&body))
            .unwrap();
        answer(self.send(request).await).await
    }

    /// A strategic merge patch of somebody who is known and no more.
    pub async fn patch_by(&self, name: &str, path: &str, body: Value) -> Answer {
        let request = Request::patch(path)
            .extension(user(name, &[AUTHENTICATED]))
            .header("content-type", "application/strategic-merge-patch+json");
        answer(self.send(request.body(content(&body)).unwrap()).await).await
    }

    /// How a request of somebody who is known and no more is answered; the answer itself is not waited for.
    pub async fn status_as(&self, name: &str, (method, path): (&str, &str), accept: &str, body: &Value) -> u16 {
        let content_type = match method {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .extension(user(name, &[AUTHENTICATED]))
            .header("accept", accept)
            .header("content-type", content_type);
        self.send(request.body(content(body)).unwrap()).await.status().as_u16()
    }

    pub async fn list_as(&self, name: &str, path: &str, accept: &str) -> Value {
        let request = Request::get(path)
            .extension(user(name, &[AUTHENTICATED]))
            .header("accept", accept);
        let (code, list) = answer(self.send(request.body(Body::empty()).unwrap()).await).await;
        assert_eq!(code, 200, "{list}");
        list
    }

    pub async fn get_with_headers(&self, name: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::get(path).extension(user(name, &[AUTHENTICATED]));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await.status().as_u16()
    }

    /// What another start would find missing.
    pub async fn establish(&self) -> crate::Established {
        crate::bootstrap::establish(&self.server, Vec::new()).await.unwrap()
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let request = self.request(method, path).header("content-type", "application/json");
        answer(self.send(request.body(content(&body)).unwrap()).await).await
    }

    fn request(&self, method: &str, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {ADMIN_TOKEN}"))
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: i64) {
        self.time.fetch_add(seconds, Ordering::SeqCst);
    }

    pub async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.server.router().oneshot(request).await.unwrap()
    }

    /// Pushes an image to the tag `latest` of a stream, as the registry tells it; answers its pull spec.
    pub async fn push(&self, stream: &str, digit: char) -> String {
        let digest = format!("sha256:{}", digit.to_string().repeat(64));
        let reference = format!("{HOST}/ns/{stream}@{digest}");
        let path = "/apis/image.openshift.io/v1/namespaces/ns/imagestreams";
        if self.get(&format!("{path}/{stream}")).await.0 == 404 {
            self.created(path, json!({"metadata": {"name": stream}})).await;
        }
        let mapping = json!({
            "metadata": {"name": stream, "namespace": "ns"},
            "tag": "latest",
            "image": {"metadata": {"name": digest}, "dockerImageReference": reference,
                "dockerImageMetadata": {"kind": "DockerImage", "apiVersion": "image.openshift.io/1.0"}},
        });
        self.created("/apis/image.openshift.io/v1/namespaces/ns/imagestreammappings", mapping)
            .await;
        reference
    }
}

fn user(name: &str, groups: &[&str]) -> UserInfo {
    UserInfo {
        username: name.into(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..UserInfo::default()
    }
}

pub(super) struct Pieces(axum::body::BodyDataStream);

impl Pieces {
    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Option<String> {
        let piece = self.0.next().await?.unwrap();
        Some(String::from_utf8(piece.to_vec()).unwrap())
    }
}

fn content(body: &Value) -> Body {
    if body.is_null() {
        Body::empty()
    } else {
        Body::from(body.to_string())
    }
}

pub(super) async fn answer(response: Response<Body>) -> Answer {
    let code = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (
        code,
        serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into())),
    )
}

fn authenticator(clock: &crate::Clock) -> Arc<Authenticator> {
    let admin = AdminToken::new(ADMIN_TOKEN);
    Arc::new(Authenticator::new(admin, testing::tokens(), clock.clone()))
}

fn config(
    nodes: Arc<Nodes>,
    clock: crate::Clock,
    authenticator: Arc<Authenticator>,
    authorizer: Arc<Authorizer>,
) -> Config {
    Config {
        registry_host: HOST.into(),
        public_registry_host: None,
        registries: Arc::new(MemoryRegistries::new()),
        platform: Platform::new("linux", "amd64"),
        nodes,
        clock,
        authenticator,
        authorizer,
    }
}
