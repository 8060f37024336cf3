//! The machine that scenarios run on.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use kube::api::{Patch, PatchParams, PostParams};
use kube::core::NamespaceResourceScope;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use weir_apiserver::{Server, UserInfo};
use weir_controllers::{Issuance, Options, SecretTokens, SigningError, TokenOwner};
use weir_oci::Platform;
use weir_registry_client::MemoryRegistries;
use weir_resources::auth::{AdminToken, Authenticator, Authorizer, BoundTo, ServiceAccountTokens};
use weir_resources::{Config, NodeConnector};
use weir_store::MemoryStore;

/// Past this nothing is awaited any more; a scenario that gets here has gone wrong.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// The registry as objects name it.
pub const HOST: &str = "registry:5000";
pub const NAMESPACE: &str = "ns";
/// What stands for the certificate of the API's authority.
pub const AUTHORITY: &str = "-----BEGIN CERTIFICATE-----";

/// Kinds that a scenario looks at.
pub trait Kind:
    Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Send + Sync + 'static
{
}
impl<K> Kind for K where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + Debug
        + DeserializeOwned
        + Send
        + Sync
        + 'static
{
}

/// A machine without an engine: the API, and the loops over it.
pub struct Machine {
    server: Server,
    tokens: Arc<ServiceAccountTokens>,
    pub registries: Arc<MemoryRegistries>,
    pub client: Client,
    loops: Option<Loops>,
}

struct Loops {
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

struct NoNodes;

impl NodeConnector for NoNodes {
    fn node(&self, _name: &str) -> Option<axum::Router> {
        None
    }
}

impl Machine {
    /// A machine with the namespace [`NAMESPACE`], whose loops are ready.
    pub async fn start() -> Self {
        let mut machine = Self::without_loops().await;
        machine.start_loops().await;
        machine
    }

    pub async fn without_loops() -> Self {
        let registries = Arc::new(MemoryRegistries::new());
        let tokens = tokens();
        let server = serve(registries.clone(), tokens.clone()).await;
        let client = client(&server, "system:admin", "system:masters");
        let machine = Self {
            server,
            tokens,
            registries,
            client,
            loops: None,
        };
        machine
            .post("/api/v1/namespaces", json!({"metadata": {"name": NAMESPACE}}))
            .await;
        machine
    }

    pub async fn start_loops(&mut self) {
        let shutdown = CancellationToken::new();
        let (ready, is_ready) = oneshot::channel();
        let options = Options {
            ready: Some(ready),
            secret_tokens: Some(Issuance {
                tokens: Arc::new(Signer(self.tokens.clone())),
                authority: AUTHORITY.into(),
            }),
            ..Options::default()
        };
        let client = client(&self.server, "system:weir:controllers", "system:authenticated");
        let task = tokio::spawn(weir_controllers::run(client, options, shutdown.clone()));
        tokio::time::timeout(PATIENCE, is_ready)
            .await
            .expect("in time")
            .expect("the loops become ready");
        self.loops = Some(Loops { shutdown, task });
    }

    /// Ends all loops in the middle of whatever they do.
    pub async fn stop_loops(&mut self) {
        if let Some(loops) = self.loops.take() {
            loops.shutdown.cancel();
            loops.task.await.expect("the loops end");
        }
    }

    pub fn api<K: Kind>(&self) -> Api<K> {
        Api::namespaced(self.client.clone(), NAMESPACE)
    }

    /// POST that must succeed.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let request = http::Request::post(path).header("content-type", "application/json");
        let request = request.body(body.to_string().into_bytes()).expect("a request");
        match self.client.request::<Value>(request).await {
            Ok(object) => object,
            Err(error) => panic!("POST {path}: {error}"),
        }
    }

    /// A GET over the whole chain of the server, as somebody who has nothing but this token.
    pub async fn get_with_token(&self, token: &str, path: &str) -> u16 {
        let request = http::Request::get(path).header("authorization", format!("Bearer {token}"));
        let request = request.body(axum::body::Body::empty()).expect("a request");
        let answer = self.server.router().oneshot(request).await.expect("an answer");
        answer.status().as_u16()
    }

    /// Creates an object of the namespace.
    pub async fn create<K: Kind>(&self, object: Value) -> K {
        let path = K::url_path(&(), Some(NAMESPACE));
        serde_json::from_value(self.post(&path, object).await).expect("the object")
    }

    pub async fn get<K: Kind>(&self, name: &str) -> K {
        self.api().get(name).await.expect("the object is there")
    }

    pub async fn list<K: Kind>(&self) -> Vec<K> {
        self.api().list(&Default::default()).await.expect("a list").items
    }

    pub async fn merge<K: Kind>(&self, name: &str, patch: Value) -> K {
        self.api()
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .expect("patched")
    }

    pub async fn merge_status<K: Kind>(&self, name: &str, patch: Value) -> K {
        self.api()
            .patch_status(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .expect("patched")
    }

    pub async fn delete<K: Kind>(&self, name: &str) {
        self.api::<K>()
            .delete(name, &kube::api::DeleteParams::background())
            .await
            .expect("deleted");
    }

    /// Waits until the object `name` exists and is as wanted; `what` is for whoever reads the failure.
    pub async fn until<K: Kind>(&self, name: &str, what: &str, wanted: impl Fn(&K) -> bool) -> K {
        self.until_some(&format!("{name} {what}"), |object: Option<&K>| {
            object
                .filter(|object| object.meta().name.as_deref() == Some(name) && wanted(object))
                .cloned()
        })
        .await
    }

    /// Waits until no object `name` of the kind is left.
    pub async fn until_gone<K: Kind>(&self, name: &str) {
        self.until_all(&format!("{name} to be gone"), |objects: &[K]| {
            objects.iter().all(|object| object.meta().name.as_deref() != Some(name))
        })
        .await;
    }

    /// Waits until all objects of the kind together are as wanted.
    pub async fn until_all<K: Kind>(&self, what: &str, wanted: impl Fn(&[K]) -> bool) -> Vec<K> {
        let mut events = watcher(self.api::<K>(), watcher::Config::default())
            .default_backoff()
            .boxed();
        let search = async {
            loop {
                let event = events.try_next().await.expect("a watch");
                if matches!(event, Some(watcher::Event::Init | watcher::Event::InitApply(_))) {
                    continue;
                }
                let all = self.list::<K>().await;
                if wanted(&all) {
                    return all;
                }
            }
        };
        match tokio::time::timeout(PATIENCE, search).await {
            Ok(found) => found,
            Err(_) => panic!(
                "no {} {what} in time; there are {:#?}",
                K::kind(&()),
                self.list::<K>().await
            ),
        }
    }

    async fn until_some<K: Kind, T>(&self, what: &str, look: impl Fn(Option<&K>) -> Option<T>) -> T {
        let found = std::sync::Mutex::new(None);
        self.until_all(what, |objects: &[K]| {
            let hit = objects.iter().find_map(|object| look(Some(object)));
            let is_hit = hit.is_some();
            *found.lock().expect("no panic") = hit;
            is_hit
        })
        .await;
        found.into_inner().expect("no panic").expect("it was found")
    }

    /// Pushes an image to a tag, as the registry tells it; answers its pull spec.
    pub async fn push(&self, stream: &str, tag: &str, digit: char) -> String {
        let digest = format!("sha256:{}", digit.to_string().repeat(64));
        let reference = format!("{HOST}/{NAMESPACE}/{stream}@{digest}");
        let streams = self.api::<weir_api::image::ImageStream>();
        if streams.get_opt(stream).await.expect("an answer").is_none() {
            self.create::<weir_api::image::ImageStream>(json!({"metadata": {"name": stream}}))
                .await;
        }
        let mapping = json!({
            "metadata": {"name": stream, "namespace": NAMESPACE},
            "tag": tag,
            "image": {"metadata": {"name": digest}, "dockerImageReference": reference,
                "dockerImageMetadata": {"kind": "DockerImage", "apiVersion": "image.openshift.io/1.0"}},
        });
        self.post(
            &format!("/apis/image.openshift.io/v1/namespaces/{NAMESPACE}/imagestreammappings"),
            mapping,
        )
        .await;
        reference
    }

    /// The reasons of all events about an object.
    pub async fn reasons(&self, about: &str) -> Vec<String> {
        let events = self.list::<k8s_openapi::api::core::v1::Event>().await;
        let about = events
            .into_iter()
            .filter(|event| event.involved_object.name.as_deref() == Some(about));
        about.filter_map(|event| event.reason).collect()
    }

    /// Waits until an event with this reason tells of the object.
    pub async fn until_told(&self, about: &str, reason: &str) -> k8s_openapi::api::core::v1::Event {
        self.until_some(
            &format!("{reason} about {about}"),
            |event: Option<&k8s_openapi::api::core::v1::Event>| {
                let is_it = |event: &&k8s_openapi::api::core::v1::Event| {
                    event.involved_object.name.as_deref() == Some(about) && event.reason.as_deref() == Some(reason)
                };
                event.filter(is_it).cloned()
            },
        )
        .await
    }

    pub async fn create_pod(&self, pod: &k8s_openapi::api::core::v1::Pod) {
        self.api::<k8s_openapi::api::core::v1::Pod>()
            .create(&PostParams::default(), pod)
            .await
            .expect("created");
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(loops) = self.loops.take() {
            loops.shutdown.cancel();
            loops.task.abort();
        }
        self.server.drain();
    }
}

/// What the loops see is what their own role allows.
fn client(server: &Server, username: &str, group: &str) -> Client {
    let user = UserInfo {
        username: username.into(),
        groups: vec![group.into()],
        ..UserInfo::default()
    };
    weir_client::in_process(server.router(), "weir-controllers", user)
}

/// Signs as the server of the machine checks.
struct Signer(Arc<ServiceAccountTokens>);

impl SecretTokens for Signer {
    fn token(&self, owner: TokenOwner<'_>) -> Result<String, SigningError> {
        let account = BoundTo::account(owner.namespace, owner.account, owner.account_uid);
        Ok(self.0.mint_for_secret(&account, owner.secret)?)
    }
}

fn tokens() -> Arc<ServiceAccountTokens> {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key");
    let tokens = ServiceAccountTokens::new(&pair.serialize_pem(), &pair.public_key_pem());
    Arc::new(tokens.expect("keys"))
}

async fn serve(registries: Arc<MemoryRegistries>, tokens: Arc<ServiceAccountTokens>) -> Server {
    let clock: weir_resources::Clock = Arc::new(jiff::Timestamp::now);
    let authenticator = Arc::new(Authenticator::new(AdminToken::new("secret"), tokens, clock.clone()));
    let authorizer = Arc::new(Authorizer::default());
    let config = Config {
        registry_host: HOST.into(),
        public_registry_host: None,
        registries,
        platform: Platform::new("linux", "amd64"),
        nodes: Arc::new(NoNodes),
        clock,
        authenticator: authenticator.clone(),
        authorizer: authorizer.clone(),
    };
    let admission = Arc::new(weir_resources::Admission::default());
    let server = Server::builder(Arc::new(MemoryStore::new()))
        .resources(weir_resources::resources(config))
        .definitions(weir_resources::definitions().unwrap())
        .authenticator(authenticator.clone())
        .follow(&weir_resources::FOLLOWED, authorizer.clone())
        .follow(&weir_resources::FOLLOWED_BY_ADMISSION, admission.clone())
        .admission(admission)
        .follow(&weir_resources::auth::FOLLOWED_BY_AUTHENTICATOR, authenticator.clone())
        .authorizer(authorizer)
        .namespaces(weir_resources::NAMESPACES)
        .protobuf(weir_resources::PROTOBUF)
        .build()
        .await
        .expect("a server");
    authenticator.look_up_in(Arc::new(server.objects()));
    weir_resources::bootstrap::establish(&server, Vec::new())
        .await
        .expect("default roles");
    server
}
