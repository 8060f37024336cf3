//! A replication controller as one deployment of a DeploymentConfig: what its annotations say, typed.

use k8s_openapi::api::core::v1::ReplicationController;
use weir_api::apps::DeploymentConfig;
use weir_api::names::annotation as key;

use crate::key::Key;
use crate::ownership::annotation;

/// Set by users who run the deployment themselves; we keep our hands off it.
const IGNORE: &str = "deploy.openshift.io/deployer-pod.ignore";

/// Where a rollout stands. It only goes forward, except when a user asks for another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    New,
    Pending,
    Running,
    Complete,
    Failed,
}

impl Phase {
    pub fn parse(text: &str) -> Self {
        match text {
            "Pending" => Self::Pending,
            "Running" => Self::Running,
            "Complete" => Self::Complete,
            "Failed" => Self::Failed,
            // Nothing else is ever written; what a user invents counts as not begun.
            _ => Self::New,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Complete => "Complete",
            Self::Failed => "Failed",
        }
    }

    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Complete | Self::Failed)
    }
}

/// A view on a replication controller that a DeploymentConfig made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deployment<'a> {
    pub controller: &'a ReplicationController,
}

impl<'a> Deployment<'a> {
    pub fn new(controller: &'a ReplicationController) -> Self {
        Self { controller }
    }

    pub fn name(&self) -> &'a str {
        self.controller.metadata.name.as_deref().unwrap_or_default()
    }

    pub fn key(&self) -> Key {
        Key::of(self.controller)
    }

    /// The config's name, for a replication controller that is a deployment.
    pub fn config_name(&self) -> Option<&'a str> {
        annotation(&self.controller.metadata, key::DEPLOYMENT_CONFIG_NAME)
    }

    pub fn version(&self) -> i64 {
        let text = annotation(&self.controller.metadata, key::DEPLOYMENT_CONFIG_LATEST_VERSION);
        text.and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    pub fn phase(&self) -> Phase {
        Phase::parse(annotation(&self.controller.metadata, key::DEPLOYMENT_PHASE).unwrap_or_default())
    }

    pub fn is_cancelled(&self) -> bool {
        annotation(&self.controller.metadata, key::DEPLOYMENT_CANCELLED) == Some("true")
    }

    pub fn is_ignored(&self) -> bool {
        annotation(&self.controller.metadata, IGNORE) == Some("true")
    }

    pub fn is_going(&self) -> bool {
        self.controller.metadata.deletion_timestamp.is_some()
    }

    pub fn status_reason(&self) -> &'a str {
        annotation(&self.controller.metadata, key::DEPLOYMENT_STATUS_REASON).unwrap_or_default()
    }

    /// How many replicas the rollout is to reach; gone once it has.
    pub fn desired_replicas(&self) -> Option<i32> {
        annotation(&self.controller.metadata, key::DESIRED_REPLICAS)?
            .parse()
            .ok()
    }

    /// The config as it was when this deployment was made.
    pub fn encoded_config(&self) -> Option<DeploymentConfig> {
        let text = annotation(&self.controller.metadata, key::DEPLOYMENT_ENCODED_CONFIG)?;
        serde_json::from_str(text).ok()
    }

    /// `spec.replicas`, which the API defaults to one.
    pub fn replicas(&self) -> i32 {
        self.controller
            .spec
            .as_ref()
            .and_then(|spec| spec.replicas)
            .unwrap_or(1)
    }

    /// Pods that exist, as last counted.
    pub fn current_replicas(&self) -> i32 {
        self.controller.status.as_ref().map_or(0, |status| status.replicas)
    }

    /// Pods that have been ready for `minReadySeconds`, as last counted.
    pub fn available_replicas(&self) -> i32 {
        self.controller
            .status
            .as_ref()
            .and_then(|status| status.available_replicas)
            .unwrap_or(0)
    }

    pub fn ready_replicas(&self) -> i32 {
        self.controller
            .status
            .as_ref()
            .and_then(|status| status.ready_replicas)
            .unwrap_or(0)
    }
}
