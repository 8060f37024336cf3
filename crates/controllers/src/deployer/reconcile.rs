use std::sync::Arc;

use k8s_openapi::api::core::v1::{Pod, ReplicationController};
use serde_json::{Value, json};
use weir_api::names::annotation as key;

use super::plan::{Observed, Step, plan};
use super::state::STATE;
use crate::control_loop::{ControlLoop, Next};
use crate::deployment::{Deployment, Phase};
use crate::error::ReconcileError;
use crate::key::Key;
use crate::ownership::{annotation, controller_named, is_controlled_by};
use crate::queue::Queue;
use crate::world::World;

/// Name under which this loop tells what it did.
const SOURCE: &str = "deployer-controller";

/// The loop.
pub struct Deployer {
    world: Arc<World>,
}

impl Deployer {
    pub fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self { world })
    }

    async fn apply(&self, target: Deployment<'_>, step: &Step<'_>) -> Result<(), ReconcileError> {
        // The log and the state first: what they say is then done, if not by this pass then by the next.
        if let Some(patch) = target_patch(target, step)? {
            self.patch(target.controller, &patch).await?;
            self.tell(target, step);
        }
        for (deployment, replicas) in &step.scale {
            let patch = json!({
                "metadata": {"resourceVersion": deployment.controller.metadata.resource_version},
                "spec": {"replicas": replicas},
            });
            self.patch(deployment.controller, &patch).await?;
            tracing::info!(deployment = %deployment.key(), replicas, "old deployment scaled");
        }
        Ok(())
    }

    async fn patch(&self, controller: &ReplicationController, patch: &Value) -> Result<(), ReconcileError> {
        let key = Key::of(controller);
        let written = self.world.replication_controllers.merge(&key, patch).await;
        written.map_err(ReconcileError::api(format!("roll out replicationcontroller {key}")))
    }

    fn tell(&self, target: Deployment<'_>, step: &Step<'_>) {
        let (recorder, about, name) = (&self.world.recorder, target.controller, target.name());
        match (step.phase, &step.failure) {
            (Phase::Failed, Some(reason)) if target.is_cancelled() => {
                let text = format!("Rollout for \"{name}\" cancelled: {reason}");
                recorder.normal(SOURCE, about, "RolloutCancelled", text);
            }
            (Phase::Failed, Some(reason)) => {
                recorder.warning(
                    SOURCE,
                    about,
                    "RolloutFailed",
                    format!("Rollout for \"{name}\" failed: {reason}"),
                );
                self.tell_config(target, &format!("Rollout for \"{name}\" failed: {reason}"));
            }
            _ => {}
        }
    }

    /// The config is what users look at; they must find the failure there too.
    fn tell_config(&self, target: Deployment<'_>, text: &str) {
        let namespace = target.key().namespace;
        let config = target
            .config_name()
            .and_then(|name| self.world.deployment_configs.get(&Key::new(namespace, name)));
        if let Some(config) = config {
            self.world
                .recorder
                .warning(SOURCE, &*config, "RolloutFailed", text.to_owned());
        }
    }

    /// The rollouts of the config `name` that are under way.
    fn under_way(world: &World, namespace: &str, name: &str) -> Vec<Key> {
        let all = world.replication_controllers.in_namespace(namespace);
        let of_config = all
            .iter()
            .map(|controller| Deployment::new(controller))
            .filter(|deployment| deployment.config_name() == Some(name) && !deployment.phase().is_terminal());
        of_config.map(|deployment| deployment.key()).collect()
    }
}

/// The change of the deployment that rolls out, if the step changes it.
fn target_patch(target: Deployment<'_>, step: &Step<'_>) -> Result<Option<Value>, ReconcileError> {
    let meta = &target.controller.metadata;
    let state = serde_json::to_string(&step.state);
    let state = state.map_err(|source| ReconcileError::Encode {
        what: "the state of a rollout".into(),
        source,
    })?;
    let mut annotations = serde_json::Map::new();
    let mut set = |name: &str, value: Option<&str>| {
        if annotation(meta, name) != value {
            annotations.insert(name.to_owned(), json!(value));
        }
    };
    set(key::DEPLOYMENT_PHASE, Some(step.phase.as_str()));
    set(key::DEPLOYMENT_LOG, Some(&step.log));
    set(STATE, (!step.phase.is_terminal()).then_some(state.as_str()));
    if let Some(reason) = &step.failure {
        set(key::DEPLOYMENT_STATUS_REASON, Some(reason));
    }
    if step.phase == Phase::Complete {
        set(key::DEPLOYMENT_REPLICAS, annotation(meta, key::DESIRED_REPLICAS));
        set(key::DESIRED_REPLICAS, None);
    }
    let scaled = step.replicas != target.replicas();
    if annotations.is_empty() && !scaled {
        return Ok(None);
    }
    let mut patch = json!({"metadata": {"resourceVersion": meta.resource_version, "annotations": annotations}});
    if scaled {
        patch["spec"] = json!({"replicas": step.replicas});
    }
    Ok(Some(patch))
}

impl ControlLoop for Deployer {
    type Key = Key;
    const NAME: &'static str = "deployer";
    const WORKERS: usize = 8;

    fn connect(self: &Arc<Self>, queue: &Arc<Queue<Key>>) {
        let (world, keys) = (self.world.clone(), queue.clone());
        self.world.replication_controllers.on_change(move |change| {
            let Some(controller) = change.latest() else { return };
            let deployment = Deployment::new(controller);
            let Some(config) = deployment.config_name() else { return };
            for key in Self::under_way(&world, &deployment.key().namespace, config) {
                keys.add(key);
            }
        });
        let (world, keys) = (self.world.clone(), queue.clone());
        self.world.pods.on_change(move |change| {
            let Some(pod) = change.latest() else { return };
            let Some(owner) = controller_named(&pod.metadata, "ReplicationController") else {
                return;
            };
            let namespace = pod.metadata.namespace.clone().unwrap_or_default();
            let Some(controller) = world.replication_controllers.get(&Key::new(namespace.clone(), owner)) else {
                return;
            };
            if let Some(config) = Deployment::new(&controller).config_name() {
                for key in Self::under_way(&world, &namespace, config) {
                    keys.add(key);
                }
            }
        });
    }

    async fn reconcile(&self, key: &Key) -> Result<Next, ReconcileError> {
        let Some(controller) = self.world.replication_controllers.get(key) else {
            return Ok(Next::Change);
        };
        let target = Deployment::new(&controller);
        let Some(config) = target.config_name() else {
            return Ok(Next::Change);
        };
        let all = self.world.replication_controllers.in_namespace(&key.namespace);
        let mut others: Vec<_> = all.iter().map(|controller| Deployment::new(controller)).collect();
        others.retain(|other| other.config_name() == Some(config) && other.name() != target.name());
        others.sort_by_key(Deployment::version);
        let pods = self.world.pods.in_namespace(&key.namespace);
        let concerned = |pod: &&Pod| {
            let owned = |deployment: &Deployment<'_>| is_controlled_by(&pod.metadata, deployment.controller);
            owned(&target) || others.iter().any(owned)
        };
        let pods = pods.iter().map(|pod| &**pod).filter(concerned).collect();
        let observed = Observed {
            target,
            others: others.clone(),
            pods,
            now: self.world.clock.now(),
        };
        let Some(step) = plan(&observed) else {
            return Ok(Next::Change);
        };
        self.apply(target, &step).await?;
        Ok(step.again.into())
    }
}
