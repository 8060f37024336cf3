//! `build.openshift.io/v1`.

use std::collections::BTreeMap;

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{EnvVar, LocalObjectReference, ObjectReference, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use serde::{Deserialize, Serialize};

use crate::kind::{kind, null_as_default};

pub const GROUP: &str = "build.openshift.io";
pub const VERSION: &str = "v1";
pub const API_VERSION: &str = "build.openshift.io/v1";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildConfig {
    pub metadata: ObjectMeta,
    pub spec: BuildConfigSpec,
    pub status: BuildConfigStatus,
}
kind!(
    BuildConfig,
    "build.openshift.io",
    "v1",
    "BuildConfig",
    "buildconfigs",
    NamespaceResourceScope
);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildConfigSpec {
    #[serde(deserialize_with = "null_as_default")]
    pub triggers: Vec<BuildTriggerPolicy>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub run_policy: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successful_builds_history_limit: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_builds_history_limit: Option<i32>,
    #[serde(flatten)]
    pub common: CommonSpec,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildConfigStatus {
    pub last_version: i64,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub image_change_triggers: Vec<ImageChangeTriggerStatus>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageChangeTriggerStatus {
    #[serde(rename = "lastTriggeredImageID", skip_serializing_if = "String::is_empty")]
    pub last_triggered_image_id: String,
    pub from: ImageStreamTagReference,
    pub last_trigger_time: Option<Time>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamTagReference {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// What a Build and a BuildConfig share.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CommonSpec {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_account: String,
    pub source: BuildSource,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<SourceRevision>,
    pub strategy: BuildStrategy,
    pub output: BuildOutput,
    pub resources: ResourceRequirements,
    pub post_commit: BuildPostCommit,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_deadline_seconds: Option<i64>,
    /// Always serialized, `null` when unset, as clients send and expect it.
    pub node_selector: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildSource {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub r#type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary: Option<BinaryBuildSource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dockerfile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<GitBuildSource>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub context_dir: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_secret: Option<LocalObjectReference>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub images: Vec<ImageSource>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub secrets: Vec<SecretBuildSource>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub config_maps: Vec<ConfigMapBuildSource>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BinaryBuildSource {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub as_file: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct GitBuildSource {
    pub uri: String,
    #[serde(rename = "ref", skip_serializing_if = "String::is_empty")]
    pub r#ref: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_proxy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub https_proxy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_proxy: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageSource {
    pub from: ObjectReference,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub r#as: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub paths: Vec<ImageSourcePath>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_secret: Option<LocalObjectReference>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageSourcePath {
    pub source_path: String,
    pub destination_dir: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SecretBuildSource {
    pub secret: LocalObjectReference,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub destination_dir: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ConfigMapBuildSource {
    pub config_map: LocalObjectReference,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub destination_dir: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SourceRevision {
    pub r#type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<GitSourceRevision>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct GitSourceRevision {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub commit: String,
    pub author: SourceControlUser,
    pub committer: SourceControlUser,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SourceControlUser {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub email: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildStrategy {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub r#type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docker_strategy: Option<DockerBuildStrategy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_strategy: Option<SourceBuildStrategy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_strategy: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jenkins_pipeline_strategy: Option<serde_json::Value>,
}

impl BuildStrategy {
    /// The image the strategy starts from, when it names one.
    pub fn from(&self) -> Option<&ObjectReference> {
        match (&self.docker_strategy, &self.source_strategy) {
            (Some(docker), _) => docker.from.as_ref(),
            (None, Some(source)) => Some(&source.from),
            (None, None) => None,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct DockerBuildStrategy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<ObjectReference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_secret: Option<LocalObjectReference>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_cache: bool,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub env: Vec<EnvVar>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub force_pull: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub dockerfile_path: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub build_args: Vec<EnvVar>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_optimization_policy: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SourceBuildStrategy {
    pub from: ObjectReference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_secret: Option<LocalObjectReference>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub env: Vec<EnvVar>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scripts: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incremental: Option<bool>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub force_pull: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildOutput {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<ObjectReference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_secret: Option<LocalObjectReference>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub image_labels: Vec<ImageLabel>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageLabel {
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildPostCommit {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub command: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub args: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub script: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildTriggerPolicy {
    pub r#type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub github: Option<WebHookTrigger>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generic: Option<WebHookTrigger>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_change: Option<ImageChangeTrigger>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gitlab: Option<WebHookTrigger>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitbucket: Option<WebHookTrigger>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct WebHookTrigger {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub secret: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allow_env: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_reference: Option<LocalObjectReference>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageChangeTrigger {
    #[serde(rename = "lastTriggeredImageID", skip_serializing_if = "String::is_empty")]
    pub last_triggered_image_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<ObjectReference>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Build {
    pub metadata: ObjectMeta,
    pub spec: BuildSpec,
    pub status: BuildStatus,
}
kind!(
    Build,
    "build.openshift.io",
    "v1",
    "Build",
    "builds",
    NamespaceResourceScope
);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildSpec {
    #[serde(flatten)]
    pub common: CommonSpec,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub triggered_by: Vec<BuildTriggerCause>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildTriggerCause {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_change_build: Option<ImageChangeCause>,
    /// Causes of the webhook kinds, kept as they came.
    #[serde(flatten)]
    pub other: BTreeMap<String, serde_json::Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageChangeCause {
    #[serde(rename = "imageID", skip_serializing_if = "String::is_empty")]
    pub image_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_ref: Option<ObjectReference>,
}

/// Where a build stands. A terminal phase never changes again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum BuildPhase {
    #[default]
    New,
    Pending,
    Running,
    Complete,
    Failed,
    Error,
    Cancelled,
}

impl BuildPhase {
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Complete | Self::Failed | Self::Error | Self::Cancelled)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Complete => "Complete",
            Self::Failed => "Failed",
            Self::Error => "Error",
            Self::Cancelled => "Cancelled",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildStatus {
    pub phase: BuildPhase,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_timestamp: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_timestamp: Option<Time>,
    /// Nanoseconds.
    #[serde(skip_serializing_if = "is_zero")]
    pub duration: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub output_docker_image_reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<ObjectReference>,
    pub output: BuildStatusOutput,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub stages: Vec<StageInfo>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub log_snippet: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub conditions: Vec<BuildCondition>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildStatusOutput {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<BuildStatusOutputTo>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildStatusOutputTo {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_digest: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct StageInfo {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Time>,
    pub duration_milliseconds: i64,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub steps: Vec<StepInfo>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct StepInfo {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Time>,
    pub duration_milliseconds: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildCondition {
    pub r#type: String,
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_update_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<Time>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildRequest {
    pub metadata: ObjectMeta,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<SourceRevision>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub triggered_by_image: Option<ObjectReference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<ObjectReference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary: Option<BinaryBuildSource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_version: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub env: Vec<EnvVar>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub triggered_by: Vec<BuildTriggerCause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docker_strategy_options: Option<DockerStrategyOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_strategy_options: Option<SourceStrategyOptions>,
}
kind!(
    BuildRequest,
    "build.openshift.io",
    "v1",
    "BuildRequest",
    "buildrequests",
    NamespaceResourceScope
);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct DockerStrategyOptions {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub build_args: Vec<EnvVar>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_cache: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SourceStrategyOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incremental: Option<bool>,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}
