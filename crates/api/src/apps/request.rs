//! Asking for a rollout, and for an earlier state.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ObjectReference;
use serde::{Deserialize, Serialize};

use crate::kind::null_as_default;

/// Asks for a rollout of a DeploymentConfig (`instantiate`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["name", "latest", "force"]))
)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentRequest {
    /// The name of the config.
    pub name: String,
    /// With true, images of triggers are put into the template first, even of those that are not automatic.
    pub latest: bool,
    /// With true, a rollout starts although nothing changed, or although the config is paused.
    pub force: bool,
    /// Types of triggers that are not looked at.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub exclude_triggers: Vec<String>,
}

/// Asks what a DeploymentConfig would be with parts of an earlier state (`rollback`). Nothing is stored: the client
/// writes the answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["name", "spec"])))]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentConfigRollback {
    /// The name of the config.
    pub name: String,
    /// Annotations to set on the config.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub updated_annotations: BTreeMap<String, String>,
    /// Which state, and which parts of it.
    pub spec: DeploymentConfigRollbackSpec,
}

/// An earlier state and the parts of it that are wanted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["from", "includeTriggers", "includeTemplate", "includeReplicationMeta", "includeStrategy"]))
)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentConfigRollbackSpec {
    /// The ReplicationController of that state.
    pub from: ObjectReference,
    /// The number of that state's rollout. With 0, the one before the newest.
    #[serde(skip_serializing_if = "is_zero")]
    pub revision: i64,
    /// Whether to take the triggers.
    pub include_triggers: bool,
    /// Whether to take the template of the pods.
    pub include_template: bool,
    /// Whether to take the number of replicas and the selector.
    pub include_replication_meta: bool,
    /// Whether to take the strategy.
    pub include_strategy: bool,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}
