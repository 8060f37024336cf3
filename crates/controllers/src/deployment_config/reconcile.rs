use std::sync::Arc;

use k8s_openapi::api::core::v1::ReplicationController;
use serde_json::{Value, json};
use weir_api::apps::{DeploymentConfig, DeploymentConfigStatus};
use weir_api::names::annotation;

use super::controller_template::{name, replication_controller};
use super::plan::{Action, Observed, plan, status_after_creation};
use crate::control_loop::{ControlLoop, Next};
use crate::deployment::Deployment;
use crate::error::{ReconcileError, message, reason};
use crate::key::Key;
use crate::ownership::{controller_named, controller_reference, is_controlled_by, uid};
use crate::queue::Queue;
use crate::world::World;

/// Name under which this loop tells what it did.
const SOURCE: &str = "deploymentconfig-controller";
/// Why a rollout is cancelled when the config has moved on.
const SUPERSEDED: &str = "newer deployment was found running";

/// The loop.
pub struct DeploymentConfigs {
    world: Arc<World>,
}

impl DeploymentConfigs {
    pub fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self { world })
    }

    async fn apply(&self, config: &DeploymentConfig, action: Action<'_>) -> Result<(), ReconcileError> {
        match action {
            Action::Adopt(controller) => self.adopt(config, controller).await,
            Action::Release(controller) => self.release(config, controller).await,
            Action::RollOut(details) => {
                let version = config.status.latest_version + 1;
                self.write_status(config, json!({"latestVersion": version, "details": details}))
                    .await
            }
            Action::FollowVersion => {
                self.write_status(config, json!({"latestVersion": config.status.latest_version + 1}))
                    .await
            }
            Action::Cancel(deployment) => self.cancel(config, deployment).await,
            Action::CreateDeployment => self.create(config).await,
            Action::Scale { deployment, replicas } => self.scale(config, deployment, replicas).await,
            Action::Prune(deployment) => {
                let key = deployment.key();
                let deleted = self
                    .world
                    .replication_controllers
                    .delete(&key, uid(deployment.controller))
                    .await;
                deleted.map(drop).map_err(ReconcileError::api(format!(
                    "delete the old replicationcontroller {key}"
                )))
            }
            Action::WriteStatus(status) => self.write_status(config, status_fields(&status)).await,
        }
    }

    async fn create(&self, config: &DeploymentConfig) -> Result<(), ReconcileError> {
        let version = config.status.latest_version;
        let name = name(config, version);
        let created = self
            .world
            .replication_controllers
            .create(&replication_controller(config)?)
            .await;
        let failure = match created {
            Ok(_) => {
                tracing::info!(deployment_config = %Key::of(config), version, "replication controller created");
                None
            }
            Err(error) if reason(&error) == Some("AlreadyExists") && self.is_ours(config, &name).await? => None,
            Err(error) => Some(error),
        };
        let text = failure.as_ref().map(message);
        let status = status_after_creation(config, text.as_deref(), self.world.clock.now());
        let written = self.write_status(config, status_fields(&status)).await;
        match failure {
            None => {
                let text = format!("Created new replication controller \"{name}\" for version {version}");
                self.world.recorder.normal(SOURCE, config, "DeploymentCreated", text);
                written
            }
            Some(error) => {
                let text = format!("Couldn't deploy version {version}: {}", message(&error));
                self.world
                    .recorder
                    .warning(SOURCE, config, "DeploymentCreationFailed", text);
                Err(ReconcileError::api(format!("create replicationcontroller {name}"))(
                    error,
                ))
            }
        }
    }

    /// Whether the replication controller of that name is one that an earlier pass made and the cache does not show yet.
    async fn is_ours(&self, config: &DeploymentConfig, name: &str) -> Result<bool, ReconcileError> {
        let key = Key::new(Key::of(config).namespace, name);
        let there = self.world.replication_controllers.read(&key).await?;
        Ok(there.is_some_and(|controller| is_controlled_by(&controller.metadata, config)))
    }

    async fn cancel(&self, config: &DeploymentConfig, deployment: Deployment<'_>) -> Result<(), ReconcileError> {
        let patch = json!({"metadata": {
            "resourceVersion": deployment.controller.metadata.resource_version,
            "annotations": {annotation::DEPLOYMENT_CANCELLED: "true", annotation::DEPLOYMENT_STATUS_REASON: SUPERSEDED},
        }});
        self.patch(deployment.controller, &patch, "cancel the rollout of")
            .await?;
        let version = config.status.latest_version;
        let text = format!(
            "Cancelled deployment \"{}\" superceded by version {version}",
            deployment.name()
        );
        self.world.recorder.normal(SOURCE, config, "DeploymentCancelled", text);
        let text = format!("Deployment of version {version} awaiting cancellation of older running deployments");
        self.world
            .recorder
            .normal(SOURCE, config, "DeploymentAwaitingCancellation", text);
        Ok(())
    }

    async fn scale(
        &self,
        config: &DeploymentConfig,
        deployment: Deployment<'_>,
        replicas: i32,
    ) -> Result<(), ReconcileError> {
        let patch = json!({
            "metadata": {"resourceVersion": deployment.controller.metadata.resource_version},
            "spec": {"replicas": replicas},
        });
        let (name, before) = (deployment.name(), deployment.replicas());
        match self.patch(deployment.controller, &patch, "scale").await {
            Ok(()) => {
                let text = format!("Scaled replication controller \"{name}\" from {before} to {replicas}");
                self.world
                    .recorder
                    .normal(SOURCE, config, "ReplicationControllerScaled", text);
                Ok(())
            }
            Err(error) if error.is_conflict() => Err(error),
            Err(error) => {
                let text =
                    format!("Failed to scale replication controller \"{name}\" from {before} to {replicas}: {error}");
                self.world
                    .recorder
                    .warning(SOURCE, config, "ReplicationControllerScaleFailed", text);
                Err(error)
            }
        }
    }

    async fn adopt(&self, config: &DeploymentConfig, controller: &ReplicationController) -> Result<(), ReconcileError> {
        let mut owners = controller.metadata.owner_references.clone().unwrap_or_default();
        owners.push(controller_reference(config, true));
        let version = &controller.metadata.resource_version;
        let patch = json!({"metadata": {"resourceVersion": version, "ownerReferences": owners}});
        self.patch(controller, &patch, "adopt").await
    }

    async fn release(
        &self,
        config: &DeploymentConfig,
        controller: &ReplicationController,
    ) -> Result<(), ReconcileError> {
        let mut owners = controller.metadata.owner_references.clone().unwrap_or_default();
        owners.retain(|owner| owner.uid != uid(config));
        let version = &controller.metadata.resource_version;
        let patch = json!({"metadata": {"resourceVersion": version, "ownerReferences": owners}});
        self.patch(controller, &patch, "release").await
    }

    async fn patch(&self, controller: &ReplicationController, patch: &Value, verb: &str) -> Result<(), ReconcileError> {
        let key = Key::of(controller);
        let written = self.world.replication_controllers.merge(&key, patch).await;
        written.map_err(ReconcileError::api(format!("{verb} replicationcontroller {key}")))
    }

    async fn write_status(&self, config: &DeploymentConfig, status: Value) -> Result<(), ReconcileError> {
        let key = Key::of(config);
        let patch = json!({"metadata": {"resourceVersion": config.metadata.resource_version}, "status": status});
        let written = self.world.deployment_configs.merge_status(&key, &patch).await;
        written.map_err(ReconcileError::api(format!(
            "write the status of deploymentconfig {key}"
        )))
    }
}

/// The fields of the status that this loop counts; `latestVersion` and `details` change only with a new version.
fn status_fields(status: &DeploymentConfigStatus) -> Value {
    json!({
        "observedGeneration": status.observed_generation,
        "replicas": status.replicas,
        "updatedReplicas": status.updated_replicas,
        "availableReplicas": status.available_replicas,
        "unavailableReplicas": status.unavailable_replicas,
        "readyReplicas": status.ready_replicas,
        "conditions": status.conditions,
    })
}

impl ControlLoop for DeploymentConfigs {
    type Key = Key;
    const NAME: &'static str = "deployment-config";
    const WORKERS: usize = 8;

    fn connect(self: &Arc<Self>, queue: &Arc<Queue<Key>>) {
        let keys = queue.clone();
        self.world.deployment_configs.on_change(move |change| {
            if let Some(config) = change.latest() {
                keys.add(Key::of(&**config));
            }
        });
        let keys = queue.clone();
        self.world.replication_controllers.on_change(move |change| {
            for controller in change.sides() {
                let namespace = controller.metadata.namespace.clone().unwrap_or_default();
                let owner = controller_named(&controller.metadata, "DeploymentConfig");
                let named = Deployment::new(controller).config_name();
                for name in owner.into_iter().chain(named) {
                    keys.add(Key::new(namespace.clone(), name));
                }
            }
        });
    }

    async fn reconcile(&self, key: &Key) -> Result<Next, ReconcileError> {
        let Some(config) = self.world.deployment_configs.get(key) else {
            return Ok(Next::Change);
        };
        let all = self.world.replication_controllers.in_namespace(&key.namespace);
        let concerns = |controller: &&ReplicationController| {
            Deployment::new(controller).config_name() == Some(&key.name)
                || is_controlled_by(&controller.metadata, &*config)
        };
        let controllers = all.iter().map(|controller| &**controller).filter(concerns).collect();
        let observed = Observed {
            config: &config,
            controllers,
            now: self.world.clock.now(),
        };
        for action in plan(&observed) {
            self.apply(&config, action).await?;
        }
        Ok(Next::Change)
    }
}
