//! What should run.

use std::collections::BTreeMap;

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{ObjectReference, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};

use super::{DeploymentConfigStatus, DeploymentStrategy};
use crate::kind::{kind, null_as_default};

/// Keeps a number of equal pods running, and replaces them when their template or one of their images changes. Each
/// state that was rolled out is a ReplicationController, which can be rolled back to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["spec"])))]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentConfig {
    /// Name, labels and the like.
    pub metadata: ObjectMeta,
    /// What should be.
    pub spec: DeploymentConfigSpec,
    /// What is.
    pub status: DeploymentConfigStatus,
}
kind!(
    DeploymentConfig,
    "apps.openshift.io",
    "v1",
    "DeploymentConfig",
    "deploymentconfigs",
    NamespaceResourceScope
);

/// What should run, and how it gets there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentConfigSpec {
    /// How pods of an old state are replaced by those of a new one.
    pub strategy: DeploymentStrategy,
    /// For how many seconds a new pod must be ready before it counts as available. The default is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_ready_seconds: Option<i32>,
    /// When a rollout starts by itself. Without this field, when the template changes; with an empty list, only by
    /// hand.
    pub triggers: Option<Vec<DeploymentTriggerPolicy>>,
    /// How many pods should run.
    pub replicas: i32,
    /// How many old ReplicationControllers are kept to roll back to. The default is 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_history_limit: Option<i32>,
    /// With true, pods run only while a rollout does, and are stopped when it has succeeded.
    pub test: bool,
    /// With true, nothing is rolled out, whatever changes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    /// The labels by which pods are found. The template must have all of them; without this field they are taken from
    /// there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub selector: BTreeMap<String, String>,
    /// The pods that should run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<PodTemplateSpec>,
}

/// Something that starts rollouts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentTriggerPolicy {
    /// `ConfigChange` for changes of the template, `ImageChange` for a tag that moves.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub r#type: String,
    /// Which tag a trigger of type ImageChange watches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_change_params: Option<DeploymentTriggerImageChangeParams>,
}

/// A tag that is watched, and the containers that get its image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["from"])))]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentTriggerImageChangeParams {
    /// Whether the tag's image is put into the template as soon as the tag moves, which starts a rollout. Otherwise
    /// that happens with the next rollout.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// The containers of the template that get the image.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub container_names: Vec<String>,
    /// The tag, as an `ImageStreamTag`.
    pub from: ObjectReference,
    /// The image that was put into the template last. The server sets it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_triggered_image: String,
}
