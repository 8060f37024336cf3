//! Asking for a build.

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{EnvVar, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};

use super::{BinaryBuildSource, BuildTriggerCause, SourceRevision};
use crate::kind::{kind, null_as_default};

/// Asks for a new build: of a config (`instantiate`), or like another build (`clone`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildRequest {
    /// The name is that of the config or of the build.
    pub metadata: ObjectMeta,
    /// The revision of the source to build.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<SourceRevision>,
    /// The image that is the reason for the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub triggered_by_image: Option<ObjectReference>,
    /// The tag that is the reason for the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<ObjectReference>,
    /// What is sent along with the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary: Option<BinaryBuildSource>,
    /// The number that the config's newest build must have. The request fails when it has another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_version: Option<i64>,
    /// Variables to add to those of the strategy.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub env: Vec<EnvVar>,
    /// Why the build is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub triggered_by: Vec<BuildTriggerCause>,
    /// Changes of a Docker strategy, for this build.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docker_strategy_options: Option<DockerStrategyOptions>,
    /// Changes of a source strategy, for this build.
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

/// Changes of a Docker strategy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct DockerStrategyOptions {
    /// Values of `ARG` instructions to add.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub build_args: Vec<EnvVar>,
    /// Whether to go without layers of earlier builds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_cache: Option<bool>,
}

/// Changes of a source strategy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SourceStrategyOptions {
    /// Whether files that the previous build saved are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incremental: Option<bool>,
}
