//! How pods of an old state are replaced by those of a new one.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{EnvVar, ObjectReference, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::{Deserialize, Serialize};

use crate::kind::null_as_default;

/// How pods of an old state are replaced by those of a new one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentStrategy {
    /// `Rolling` replaces them step by step, `Recreate` stops all old ones first, `Custom` leaves it to an image. The
    /// default is Rolling.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub r#type: String,
    /// What the strategy Custom needs. With the other strategies, a command that runs besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_params: Option<CustomDeploymentStrategyParams>,
    /// How the strategy Recreate proceeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recreate_params: Option<RecreateDeploymentStrategyParams>,
    /// How the strategy Rolling proceeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolling_params: Option<RollingDeploymentStrategyParams>,
    /// The processor time and memory of pods that carry out the rollout and its hooks.
    pub resources: ResourceRequirements,
    /// Labels of pods that carry out the rollout and its hooks.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub labels: BTreeMap<String, String>,
    /// Annotations of pods that carry out the rollout and its hooks.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub annotations: BTreeMap<String, String>,
    /// After how many seconds a rollout that has not ended fails. The default is 21600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_deadline_seconds: Option<i64>,
}

/// What carries out a rollout of the strategy Custom.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CustomDeploymentStrategyParams {
    /// The image.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image: String,
    /// Variables that it is run with.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub environment: Vec<EnvVar>,
    /// The command, instead of the image's own.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub command: Vec<String>,
}

/// How the strategy Recreate proceeds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RecreateDeploymentStrategyParams {
    /// How many seconds to wait for pods before the rollout fails. The default is 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i64>,
    /// A hook before the old pods are stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre: Option<LifecycleHook>,
    /// A hook between the old pods and the new ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mid: Option<LifecycleHook>,
    /// A hook when the new pods run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post: Option<LifecycleHook>,
}

/// How the strategy Rolling proceeds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RollingDeploymentStrategyParams {
    /// How many seconds to wait between two steps. The default is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_period_seconds: Option<i64>,
    /// How many seconds to wait between two looks at the pods. The default is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_seconds: Option<i64>,
    /// How many seconds to wait for progress before the rollout fails. The default is 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i64>,
    /// How many pods may be missing during the rollout: a number, or a percentage of the replicas. The default is 25%.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<IntOrString>,
    /// How many pods may run in excess during the rollout: a number, or a percentage of the replicas. The default is
    /// 25%.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_surge: Option<IntOrString>,
    /// A hook before the first new pod starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre: Option<LifecycleHook>,
    /// A hook when all new pods run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post: Option<LifecycleHook>,
}

/// Something that happens at one point of a rollout.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["failurePolicy"])))]
#[serde(rename_all = "camelCase", default)]
pub struct LifecycleHook {
    /// What follows when it fails: `Abort` ends the rollout, `Retry` tries again, `Ignore` goes on.
    pub failure_policy: String,
    /// Runs a command in a pod of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec_new_pod: Option<ExecNewPodHook>,
    /// Tags images of the new pods.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub tag_images: Vec<TagImageHook>,
}

/// Runs a command in a pod that is like one of the new state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["command", "containerName"]))
)]
#[serde(rename_all = "camelCase", default)]
pub struct ExecNewPodHook {
    /// The command and its arguments.
    pub command: Vec<String>,
    /// Variables that are set in addition to the container's.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub env: Vec<EnvVar>,
    /// The container of the template whose image and variables are used.
    pub container_name: String,
    /// Names of the template's volumes that are mounted.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub volumes: Vec<String>,
}

/// Tags the image of a container.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["containerName", "to"])))]
#[serde(rename_all = "camelCase", default)]
pub struct TagImageHook {
    /// The container of the template.
    pub container_name: String,
    /// The `ImageStreamTag` that shall point to its image.
    pub to: ObjectReference,
}
