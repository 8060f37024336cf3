//! Builds.

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use serde::{Deserialize, Serialize};

use super::{BuildTriggerCause, CommonSpec};
use crate::kind::{kind, null_as_default};

/// One run of a recipe: it turns one state of the source into an image. A build runs once; its phase tells where it
/// stands, and its log stays as long as it does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Build {
    /// Builds of a config are called `CONFIG-NUMBER`.
    pub metadata: ObjectMeta,
    /// What is built.
    pub spec: BuildSpec,
    /// Where the build stands.
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

/// What is built.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["strategy"])))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildSpec {
    #[serde(flatten)]
    pub common: CommonSpec,
    /// Why the build was started.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub triggered_by: Vec<BuildTriggerCause>,
}

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

/// Where a build stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildStatus {
    /// `New`, `Pending`, `Running`, and in the end `Complete`, `Failed`, `Error` or `Cancelled`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub phase: BuildPhase,
    /// With true, the build is to be stopped.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// Why the build is in this phase, in one word, for programs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Why the build is in this phase, in a sentence, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When the build began to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_timestamp: Option<Time>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_timestamp: Option<Time>,
    /// How long it ran, in nanoseconds.
    #[serde(skip_serializing_if = "is_zero")]
    pub duration: i64,
    /// Where the image is pushed to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub output_docker_image_reference: String,
    /// The BuildConfig that the build is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<ObjectReference>,
    /// What became of the image.
    pub output: BuildStatusOutput,
    /// How long the parts of the build took.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub stages: Vec<StageInfo>,
    /// The last lines of the log of a failed build.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub log_snippet: String,
    /// What else is known of the build.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub conditions: Vec<BuildCondition>,
}

/// What became of the image of a build.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildStatusOutput {
    /// What was pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<BuildStatusOutputTo>,
}

/// What a build pushed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildStatusOutputTo {
    /// The digest of the image.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_digest: String,
}

/// How long a part of a build took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct StageInfo {
    /// `FetchInputs`, `PullImages`, `Build`, `PostCommit` or `PushImage`.
    pub name: String,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Time>,
    /// How long it took, in milliseconds.
    pub duration_milliseconds: i64,
    /// How long its steps took.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub steps: Vec<StepInfo>,
}

/// How long a step of a build took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct StepInfo {
    /// Its name, such as `FetchGitSource`.
    pub name: String,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Time>,
    /// How long it took, in milliseconds.
    pub duration_milliseconds: i64,
}

/// Something to know about a build.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["type", "status"])))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildCondition {
    /// A phase of builds.
    pub r#type: String,
    /// Whether the build is in this phase: `True`, `False` or `Unknown`.
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

fn is_zero(number: &i64) -> bool {
    *number == 0
}
