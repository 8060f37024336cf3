use std::sync::Arc;

use k8s_openapi::api::core::v1::{Pod, ReplicationController, ReplicationControllerCondition};
use serde_json::json;

use super::failure;
use super::plan::{Observed, Plan, plan, pod, status_patch};
use crate::control_loop::{ControlLoop, Next};
use crate::error::{ReconcileError, is_ending, message};
use crate::key::Key;
use crate::ownership::{controller_named, controller_of, controller_reference, uid};
use crate::queue::Queue;
use crate::world::World;

/// Name under which this loop tells what it did.
const SOURCE: &str = "replication-controller";

/// The loop.
pub struct ReplicationControllers {
    world: Arc<World>,
}

impl ReplicationControllers {
    pub fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self { world })
    }

    async fn apply(&self, controller: &ReplicationController, plan: &Plan<'_>) -> Result<(), ReconcileError> {
        let key = Key::of(controller);
        for pod in &plan.adopt {
            self.adopt(controller, pod).await?;
        }
        for pod in &plan.release {
            self.release(controller, pod).await?;
        }
        for pod in &plan.delete {
            self.delete(controller, pod).await?;
        }
        for pod in &plan.sweep {
            let swept = self.world.pods.delete(&Key::of(*pod), uid(*pod)).await;
            swept.map_err(ReconcileError::api(format!("delete the failed pod {}", Key::of(*pod))))?;
        }
        if let Some(status) = &plan.status {
            let written = self
                .world
                .replication_controllers
                .merge_status(&key, &status_patch(status))
                .await;
            written.map_err(ReconcileError::api(format!(
                "write the status of replicationcontroller {key}"
            )))?;
        }
        for _ in 0..plan.create {
            if let Err(error) = self.create(controller).await {
                self.write_conditions(&key, failure::noted(controller, &error, self.world.clock.now()))
                    .await?;
                return Err(error);
            }
        }
        self.write_conditions(&key, failure::cleared(controller)).await
    }

    /// `None`: they are as they should be.
    async fn write_conditions(
        &self,
        key: &Key,
        conditions: Option<Vec<ReplicationControllerCondition>>,
    ) -> Result<(), ReconcileError> {
        let Some(conditions) = conditions else { return Ok(()) };
        let patch = json!({"status": {"conditions": conditions}});
        let written = self.world.replication_controllers.merge_status(key, &patch).await;
        written.map_err(ReconcileError::api(format!(
            "write the conditions of replicationcontroller {key}"
        )))
    }

    async fn create(&self, controller: &ReplicationController) -> Result<(), ReconcileError> {
        let Some(pod) = pod(controller) else { return Ok(()) };
        match self.world.pods.create(&pod).await {
            Ok(created) => {
                let text = format!("Created pod: {}", created.metadata.name.unwrap_or_default());
                self.world.recorder.normal(SOURCE, controller, "SuccessfulCreate", text);
                Ok(())
            }
            // Nothing can be made there any more, and the controller goes with its namespace.
            Err(error) if is_ending(&error) => Ok(()),
            Err(error) => {
                let text = format!("Error creating: {}", message(&error));
                self.world.recorder.warning(SOURCE, controller, "FailedCreate", text);
                let action = format!("create a pod of replicationcontroller {}", Key::of(controller));
                Err(ReconcileError::api(action)(error))
            }
        }
    }

    async fn delete(&self, controller: &ReplicationController, pod: &Pod) -> Result<(), ReconcileError> {
        let key = Key::of(pod);
        match self.world.pods.delete(&key, uid(pod)).await {
            Ok(_) => {
                self.world.recorder.normal(
                    SOURCE,
                    controller,
                    "SuccessfulDelete",
                    format!("Deleted pod: {}", key.name),
                );
                Ok(())
            }
            Err(error) => {
                let text = format!("Error deleting: {}", message(&error));
                self.world.recorder.warning(SOURCE, controller, "FailedDelete", text);
                Err(ReconcileError::api(format!("delete pod {key}"))(error))
            }
        }
    }

    async fn adopt(&self, controller: &ReplicationController, pod: &Pod) -> Result<(), ReconcileError> {
        let mut owners = pod.metadata.owner_references.clone().unwrap_or_default();
        owners.push(controller_reference(controller, true));
        self.set_owners(pod, &owners).await
    }

    async fn release(&self, controller: &ReplicationController, pod: &Pod) -> Result<(), ReconcileError> {
        let mut owners = pod.metadata.owner_references.clone().unwrap_or_default();
        owners.retain(|owner| owner.uid != uid(controller));
        self.set_owners(pod, &owners).await
    }

    async fn set_owners<T: serde::Serialize>(&self, pod: &Pod, owners: &[T]) -> Result<(), ReconcileError> {
        let key = Key::of(pod);
        let version = &pod.metadata.resource_version;
        let patch = json!({"metadata": {"uid": uid(pod), "resourceVersion": version, "ownerReferences": owners}});
        let written = self.world.pods.merge(&key, &patch).await;
        written.map_err(ReconcileError::api(format!("change the owner of pod {key}")))
    }
}

impl ControlLoop for ReplicationControllers {
    type Key = Key;
    const NAME: &'static str = "replication-controller";
    const WORKERS: usize = 8;

    fn connect(self: &Arc<Self>, queue: &Arc<Queue<Key>>) {
        let keys = queue.clone();
        self.world.replication_controllers.on_change(move |change| {
            if let Some(controller) = change.latest() {
                keys.add(Key::of(&**controller));
            }
        });
        let (world, keys) = (self.world.clone(), queue.clone());
        self.world.pods.on_change(move |change| {
            for pod in change.sides() {
                let namespace = pod.metadata.namespace.clone().unwrap_or_default();
                if let Some(name) = controller_named(&pod.metadata, "ReplicationController") {
                    keys.add(Key::new(namespace, name));
                } else if controller_of(&pod.metadata).is_none() {
                    // An orphan may match anybody in its namespace.
                    for controller in world.replication_controllers.in_namespace(&namespace) {
                        keys.add(Key::of(&*controller));
                    }
                }
            }
        });
        // Whoever could not make a pod may be able to, now that more is allowed or less is used.
        let (world, keys) = (self.world.clone(), queue.clone());
        self.world.resource_quotas.on_change(move |change| {
            if let Some(quota) = change.latest() {
                let controllers = world.replication_controllers.in_namespace(&Key::of(&**quota).namespace);
                for controller in controllers.iter().filter(|controller| failure::is_noted(controller)) {
                    keys.add(Key::of(&**controller));
                }
            }
        });
    }

    async fn reconcile(&self, key: &Key) -> Result<Next, ReconcileError> {
        let Some(controller) = self.world.replication_controllers.get(key) else {
            return Ok(Next::Change);
        };
        let pods = self.world.pods.in_namespace(&key.namespace);
        let observed = Observed {
            controller: &controller,
            pods: pods.iter().map(|pod| &**pod).collect(),
            now: self.world.clock.now(),
        };
        let plan = plan(&observed);
        self.apply(&controller, &plan).await?;
        Ok(plan.again.into())
    }
}
