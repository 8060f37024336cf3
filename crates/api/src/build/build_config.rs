//! Recipes.

use std::collections::BTreeMap;

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{LocalObjectReference, ObjectReference, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use serde::{Deserialize, Serialize};

use super::{BuildSource, BuildStrategy, BuildTriggerPolicy, SourceRevision};
use crate::kind::{kind, null_as_default};

/// A recipe for an image: where the source comes from, how an image is made of it, where the image goes, and when a
/// build is due. Each build is an object of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["spec"])))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildConfig {
    /// Name, labels and the like. Builds get the labels of their config.
    pub metadata: ObjectMeta,
    /// What should be.
    pub spec: BuildConfigSpec,
    /// What is.
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

/// A recipe for an image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["strategy"])))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildConfigSpec {
    /// When a build starts by itself. Without triggers, builds are started by hand.
    #[serde(deserialize_with = "null_as_default")]
    pub triggers: Vec<BuildTriggerPolicy>,
    /// What happens when a build is due while another one runs: `Serial` runs them one after the other,
    /// `SerialLatestOnly` leaves out all but the newest, `Parallel` runs them at the same time. The default is Serial.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub run_policy: String,
    /// How many successful builds are kept. The default is 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successful_builds_history_limit: Option<i32>,
    /// How many failed, erroneous and cancelled builds are kept. The default is 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_builds_history_limit: Option<i32>,
    #[serde(flatten)]
    pub common: CommonSpec,
}

/// What is known of a config's builds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildConfigStatus {
    /// The number of the newest build.
    pub last_version: i64,
    /// What the triggers of type ImageChange have seen.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub image_change_triggers: Vec<ImageChangeTriggerStatus>,
}

/// What a trigger of type ImageChange has seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageChangeTriggerStatus {
    /// The image for which it started a build last.
    #[serde(rename = "lastTriggeredImageID", skip_serializing_if = "String::is_empty")]
    pub last_triggered_image_id: String,
    /// The tag that it watches.
    pub from: ImageStreamTagReference,
    /// When it started a build last.
    pub last_trigger_time: Option<Time>,
}

/// A tag of a stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamTagReference {
    /// The namespace of the stream.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// `STREAM:TAG`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// What a Build and a BuildConfig share.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["strategy"])))]
#[serde(rename_all = "camelCase", default)]
pub struct CommonSpec {
    /// The account whose pull and push secrets the build uses. The default is `builder`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_account: String,
    /// Where the source comes from.
    pub source: BuildSource,
    /// Which revision of the source is built, when it is a certain one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<SourceRevision>,
    /// How an image is made of the source.
    pub strategy: BuildStrategy,
    /// Where the image goes.
    pub output: BuildOutput,
    /// The processor time and memory that the build may use.
    pub resources: ResourceRequirements,
    /// A command that runs in the finished image before it is pushed. The build fails when the command does.
    pub post_commit: BuildPostCommit,
    /// After how many seconds a build that has not ended fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_deadline_seconds: Option<i64>,
    /// Labels of the nodes on which the build may run. Null leaves it to the server, an empty map allows every node.
    pub node_selector: Option<BTreeMap<String, String>>,
    /// With true, the certificates that the cluster trusts are visible to the build. Accepted; on one machine builds
    /// see those of the builder image.
    #[serde(rename = "mountTrustedCA", skip_serializing_if = "Option::is_none")]
    pub mount_trusted_ca: Option<bool>,
}

/// Where the image of a build goes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildOutput {
    /// An `ImageStreamTag`, or a `DockerImage` of any registry. Without it, the image is built and thrown away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<ObjectReference>,
    /// A secret with the credentials for the registry that is pushed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_secret: Option<LocalObjectReference>,
    /// Labels that the image gets.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub image_labels: Vec<ImageLabel>,
}

/// A label of an image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["name"])))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageLabel {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
}

/// A command that runs in the finished image before it is pushed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "BuildPostCommitSpec")
)]
#[serde(rename_all = "camelCase", default)]
pub struct BuildPostCommit {
    /// The command, instead of the image's entrypoint. It cannot be combined with script.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub command: Vec<String>,
    /// Arguments for the command, for the script, or for the image's entrypoint.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub args: Vec<String>,
    /// A script for `/bin/sh -ic`. It cannot be combined with command.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub script: String,
}
