//! An agent between an API and an engine, both ours.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use weir_agent::{Agent, AgentConfig, Clock};
use weir_engine::fake::FakeEngine;
use weir_engine::{Engine, Image};

use super::api;
use super::store::Store;

pub const NODE: &str = "here";
pub const REGISTRY: &str = "docker-registry.default.svc:5000";
pub const REGISTRY_ADDRESS: &str = "127.0.0.1:5000";
/// Longer than any scenario takes in the time of its clock.
const PATIENCE: Duration = Duration::from_secs(900);

/// A clock that goes with the runtime's: a paused runtime has a paused clock.
pub fn clock() -> impl Fn() -> Timestamp + Clone + Send + Sync + 'static {
    let (start, epoch) = (
        tokio::time::Instant::now(),
        Timestamp::from_second(1_700_000_000).expect("in range"),
    );
    move || epoch + start.elapsed()
}

pub struct World {
    pub store: Store,
    pub data: Arc<tempfile::TempDir>,
    clock: Clock,
    running: Option<Running>,
}

struct Running {
    router: Router,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl World {
    /// An agent that runs, on a fake engine that knows the image `img:1`.
    pub fn with_fake() -> (Self, FakeEngine) {
        let now = clock();
        let engine = FakeEngine::with_clock(now.clone());
        engine.add_image(Image {
            tags: vec!["docker.io/library/img:1".to_owned()],
            ..Image::default()
        });
        let mut world = Self::idle(Clock::new(now));
        world.start(Arc::new(engine.clone()));
        (world, engine)
    }

    pub fn idle(clock: Clock) -> Self {
        let data = Arc::new(tempfile::tempdir().expect("a directory"));
        Self {
            store: Store::default(),
            data,
            clock,
            running: None,
        }
    }

    pub fn start(&mut self, engine: Arc<dyn Engine>) {
        self.start_in(engine, "weir-test", REGISTRY_ADDRESS);
    }

    pub fn start_in(&mut self, engine: Arc<dyn Engine>, installation: &str, registry_address: &str) {
        let agent = Agent::new(AgentConfig {
            node_name: NODE.to_owned(),
            data_dir: self.data.path().to_owned(),
            client: client(self.store.clone()),
            engine,
            installation: installation.to_owned(),
            registry_name: REGISTRY.to_owned(),
            registry_address: registry_address.to_owned(),
            clock: self.clock.clone(),
        })
        .expect("an agent");
        let (router, shutdown) = (agent.router(), CancellationToken::new());
        let until = shutdown.clone();
        let task = tokio::spawn(async move { agent.run(until).await });
        self.running = Some(Running { router, shutdown, task });
    }

    /// Ends the agent, and returns when it has ended.
    pub async fn stop(&mut self) {
        let running = self.running.take().expect("it runs");
        running.shutdown.cancel();
        running.task.await.expect("it ends without a panic");
    }

    pub fn router(&self) -> Router {
        self.running.as_ref().expect("it runs").router.clone()
    }

    /// A pod `p` with a container `c`, changed by a merge patch.
    pub fn create_pod(&self, patch: Value) -> Value {
        let mut pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "ns"},
            "spec": {"restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
                     "containers": [{"name": "c", "image": "img:1"}]},
            "status": {"phase": "Pending"},
        });
        api::merge(&mut pod, patch);
        self.store.put("pods", pod)
    }

    /// As the API does when somebody deletes a pod.
    pub fn mark_deleted(&self, seconds: i64) {
        self.mark_deleted_named("p", seconds);
    }

    pub fn mark_deleted_named(&self, name: &str, seconds: i64) {
        let mut pod = self.store.get("pods", "ns", name).expect("the pod is there");
        let when = self.clock.now() + Duration::from_secs(seconds.unsigned_abs());
        pod["metadata"]["deletionTimestamp"] = json!(when.to_string());
        pod["metadata"]["deletionGracePeriodSeconds"] = json!(seconds);
        self.store.put("pods", pod);
    }

    /// Waits until the pod is as wanted.
    pub async fn pod_when(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.object_when("pods", what, |object| wanted(object)).await
    }

    pub async fn event_when(&self, reason: &str) -> Value {
        self.object_when("events", reason, |event| event["reason"] == reason)
            .await
    }

    async fn object_when(&self, plural: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut changes = self.store.subscribe();
        if let Some(found) = self.store.list(plural).1.into_iter().find(&wanted) {
            return found;
        }
        let waiting = async {
            loop {
                let change = changes.recv().await.expect("the store stays");
                if change.plural == plural && change.kind != "DELETED" && wanted(&change.object) {
                    return change.object;
                }
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(object) => object,
            Err(_) => panic!("never came: {what}; there is {:#?}", self.store.list(plural).1),
        }
    }

    pub async fn pod_gone(&self) {
        tokio::time::timeout(PATIENCE, self.gone("p"))
            .await
            .expect("the pod goes");
    }

    pub async fn gone(&self, name: &str) {
        let mut changes = self.store.subscribe();
        while self.store.get("pods", "ns", name).is_some() {
            changes.recv().await.expect("the store stays");
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.shutdown.cancel();
        }
    }
}

pub fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    conditions
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

pub fn waits_for(pod: &Value, reason: &str) -> bool {
    pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == reason
}

fn client(store: Store) -> kube::Client {
    let router = api::router(store);
    let service = tower::service_fn(move |request: Request<kube::client::Body>| {
        let router = router.clone();
        async move {
            let (head, body) = request.into_parts();
            let request = Request::from_parts(head, Body::from_stream(body.into_data_stream()));
            Ok::<_, tower::BoxError>(router.oneshot(request).await.unwrap_or_else(|never| match never {}))
        }
    });
    kube::Client::new(service, "default")
}
