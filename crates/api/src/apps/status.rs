//! What runs.

use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde::{Deserialize, Serialize};

use crate::kind::null_as_default;

/// What runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentConfigStatus {
    /// The number of the newest rollout. Raising it starts one.
    pub latest_version: i64,
    /// Which change of the config this status is about.
    pub observed_generation: i64,
    /// How many pods there are, old and new.
    pub replicas: i32,
    /// How many pods are of the newest state.
    pub updated_replicas: i32,
    /// How many pods have been ready for long enough.
    pub available_replicas: i32,
    /// How many pods are missing or not available yet.
    pub unavailable_replicas: i32,
    /// Why the newest rollout was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<DeploymentDetails>,
    /// What else is known: whether it progresses, and whether enough pods are available.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub conditions: Vec<DeploymentCondition>,
    /// How many pods are ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_replicas: Option<i32>,
}

/// Why a rollout was started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["causes"])))]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentDetails {
    /// The reason in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The reasons for programs.
    #[serde(deserialize_with = "null_as_default")]
    pub causes: Vec<DeploymentCause>,
}

/// A reason for a rollout.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["type"])))]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentCause {
    /// `Manual`, `ConfigChange` or `ImageChange`.
    pub r#type: String,
    /// The tag that moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_trigger: Option<DeploymentCauseImageTrigger>,
}

/// A tag that was the reason for a rollout.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["from"])))]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentCauseImageTrigger {
    /// The tag, as an `ImageStreamTag`.
    pub from: ObjectReference,
}

/// Something to know about a DeploymentConfig.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["type", "status"])))]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentCondition {
    /// `Available`, `Progressing` or `ReplicaFailure`.
    pub r#type: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// When the condition was written last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_update_time: Option<Time>,
    /// When the status changed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<Time>,
    /// Why, in one word, for programs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Why, in a sentence, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}
