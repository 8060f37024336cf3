use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use serde_json::json;
use weir_api::build::{Build, BuildPhase};
use weir_imagestream::source::StreamKey;

use super::change::Change;
use super::identity::pod_name;
use super::plan::{Observed, Plan, plan};
use super::references::streams;
use super::start::start;
use crate::control_loop::{ControlLoop, Next};
use crate::error::ReconcileError;
use crate::key::Key;
use crate::ownership::{controller_named, is_controlled_by, uid};
use crate::queue::Queue;
use crate::world::World;

/// Name under which this loop tells what it did.
const SOURCE: &str = "build-controller";

/// The loop.
pub struct Builds {
    world: Arc<World>,
}

impl Builds {
    pub fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self { world })
    }

    async fn apply(&self, build: &Build, pod: Option<&Pod>, plan: Plan<'_>) -> Result<Next, ReconcileError> {
        match plan {
            Plan::Nothing => Ok(Next::Change),
            Plan::Write(change) => self.write(build, &change).await,
            Plan::Cancel(change) => {
                self.delete_pod(pod).await?;
                self.write(build, &change).await
            }
            Plan::Overtake(builds) => self.overtake(&builds).await,
            Plan::Start => self.start(build, pod).await,
        }
    }

    async fn start(&self, build: &Build, pod: Option<&Pod>) -> Result<Next, ReconcileError> {
        let attempt = start(&self.world, build, pod).await?;
        if let Some((reason, text)) = attempt.warning {
            self.world.recorder.warning(SOURCE, build, reason, text);
        }
        self.write(build, &attempt.change).await?;
        Ok(attempt.again.into())
    }

    async fn write(&self, build: &Build, change: &Change) -> Result<Next, ReconcileError> {
        let Some(patch) = change.patch(build) else {
            return Ok(Next::Change);
        };
        let key = Key::of(build);
        let written = self.world.builds.merge(&key, &patch).await;
        written.map_err(ReconcileError::api(format!("write the status of build {key}")))?;
        if change.ending.is_some() {
            tracing::info!(build = %key, phase = change.phase.unwrap_or(build.status.phase).as_str(), "build finished");
        }
        self.tell(build, change);
        Ok(Next::Change)
    }

    fn tell(&self, build: &Build, change: &Change) {
        let key = Key::of(build);
        let (reason, text) = match (change.phase, &change.ending) {
            (Some(BuildPhase::Running), _) => ("BuildStarted", format!("Build {key} is now running")),
            (phase, Some(_)) => match phase.unwrap_or(build.status.phase) {
                BuildPhase::Complete => ("BuildCompleted", format!("Build {key} completed successfully")),
                BuildPhase::Cancelled => ("BuildCancelled", format!("Build {key} has been cancelled")),
                _ => ("BuildFailed", format!("Build {key} failed")),
            },
            _ => return,
        };
        self.world.recorder.normal(SOURCE, build, reason, text);
    }

    async fn delete_pod(&self, pod: Option<&Pod>) -> Result<(), ReconcileError> {
        let Some(pod) = pod.filter(|pod| pod.metadata.deletion_timestamp.is_none()) else {
            return Ok(());
        };
        let key = Key::of(pod);
        let deleted = self.world.pods.delete(&key, uid(pod)).await;
        deleted
            .map(drop)
            .map_err(ReconcileError::api(format!("delete the build pod {key}")))
    }

    async fn overtake(&self, builds: &[&Build]) -> Result<Next, ReconcileError> {
        for build in builds {
            let key = Key::of(*build);
            let version = &build.metadata.resource_version;
            let patch = json!({"metadata": {"resourceVersion": version}, "status": {"cancelled": true}});
            let written = self.world.builds.merge(&key, &patch).await;
            written.map_err(ReconcileError::api(format!("cancel the overtaken build {key}")))?;
        }
        // Their end is a change that brings this build back.
        Ok(Next::Change)
    }
}

impl ControlLoop for Builds {
    type Key = Key;
    const NAME: &'static str = "build";
    const WORKERS: usize = 8;

    fn connect(self: &Arc<Self>, queue: &Arc<Queue<Key>>) {
        // A build's change may be what the next one of its row waited for.
        let (world, keys) = (self.world.clone(), queue.clone());
        self.world.builds.on_change(move |change| {
            let Some(build) = change.latest() else { return };
            keys.add(Key::of(&**build));
            for other in world.builds.in_namespace(&Key::of(&**build).namespace) {
                if other.status.phase == BuildPhase::New {
                    keys.add(Key::of(&*other));
                }
            }
        });
        let keys = queue.clone();
        self.world.pods.on_change(move |change| {
            for pod in change.sides() {
                if let Some(build) = controller_named(&pod.metadata, "Build") {
                    keys.add(Key::new(pod.metadata.namespace.clone().unwrap_or_default(), build));
                }
            }
        });
        let (world, keys) = (self.world.clone(), queue.clone());
        self.world.image_streams.on_change(move |change| {
            let Some(stream) = change.latest() else { return };
            let Key { namespace, name } = Key::of(&**stream);
            let stream = StreamKey { namespace, name };
            for build in world.builds.all() {
                if build.status.phase == BuildPhase::New && streams(&build).contains(&stream) {
                    keys.add(Key::of(&*build));
                }
            }
        });
        let (world, keys) = (self.world.clone(), queue.clone());
        self.world.service_accounts.on_change(move |change| {
            let Some(account) = change.latest() else { return };
            for build in world.builds.in_namespace(&Key::of(&**account).namespace) {
                if build.status.phase == BuildPhase::New {
                    keys.add(Key::of(&*build));
                }
            }
        });
    }

    async fn reconcile(&self, key: &Key) -> Result<Next, ReconcileError> {
        let Some(build) = self.world.builds.get(key) else {
            return Ok(Next::Change);
        };
        let pod = self.world.pods.get(&Key::new(&key.namespace, pod_name(&key.name)));
        let pod = pod.filter(|pod| is_controlled_by(&pod.metadata, &*build));
        let builds = self.world.builds.in_namespace(&key.namespace);
        let others = builds
            .iter()
            .map(|other| &**other)
            .filter(|other| other.metadata.name != build.metadata.name);
        let observed = Observed {
            build: &build,
            pod: pod.as_deref(),
            others: others.collect(),
            now: self.world.clock.now(),
        };
        self.apply(&build, pod.as_deref(), plan(&observed)).await
    }
}
