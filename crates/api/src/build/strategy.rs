//! How an image is made of the source.

use k8s_openapi::api::core::v1::{
    CSIVolumeSource, ConfigMapVolumeSource, EnvVar, LocalObjectReference, ObjectReference, SecretVolumeSource,
};
use serde::{Deserialize, Serialize};

use crate::kind::null_as_default;

/// How an image is made of the source. Exactly one strategy is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildStrategy {
    /// `Docker`, `Source`, `Custom` or `JenkinsPipeline`. It is derived from the strategy that is set.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub r#type: String,
    /// Follows the Dockerfile in the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docker_strategy: Option<DockerBuildStrategy>,
    /// Puts the source into a builder image, which knows how to build and how to run it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_strategy: Option<SourceBuildStrategy>,
    /// Leaves everything to an image of one's own. Accepted; this server runs no such builds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_strategy: Option<CustomBuildStrategy>,
    /// Leaves everything to a Jenkins pipeline. Accepted; this server runs no such builds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jenkins_pipeline_strategy: Option<JenkinsPipelineBuildStrategy>,
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

/// A build that follows a Dockerfile.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct DockerBuildStrategy {
    /// The image that replaces the last `FROM` of the Dockerfile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<ObjectReference>,
    /// A secret with the credentials for the registry of that image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_secret: Option<LocalObjectReference>,
    /// With true, layers of earlier builds are not used again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_cache: bool,
    /// Variables that are set in the image, and during the build.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub env: Vec<EnvVar>,
    /// With true, the image to start from is pulled even when it is there already.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub force_pull: bool,
    /// The path of the Dockerfile, within the context directory. The default is `Dockerfile`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub dockerfile_path: String,
    /// Values of the Dockerfile's `ARG` instructions.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub build_args: Vec<EnvVar>,
    /// How many layers the build adds: `None` keeps them all, `SkipLayers` and `SkipLayersAndWarn` make one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_optimization_policy: Option<String>,
    /// Volumes that are mounted during the build. Not supported by this server: use source.secrets and
    /// source.configMaps.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub volumes: Vec<BuildVolume>,
}

/// A build in which a builder image builds the source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["from"])))]
#[serde(rename_all = "camelCase", default)]
pub struct SourceBuildStrategy {
    /// The builder image.
    pub from: ObjectReference,
    /// A secret with the credentials for the builder image's registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_secret: Option<LocalObjectReference>,
    /// Variables that are set in the image, and during the build.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub env: Vec<EnvVar>,
    /// The address of scripts that replace those of the builder image.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scripts: String,
    /// With true, files that the previous build saved are given to this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incremental: Option<bool>,
    /// With true, the builder image is pulled even when it is there already.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub force_pull: bool,
    /// Volumes that are mounted during the build. Not supported by this server: use source.secrets and
    /// source.configMaps.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub volumes: Vec<BuildVolume>,
}

/// A build by an image of one's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["from"])))]
#[serde(rename_all = "camelCase", default)]
pub struct CustomBuildStrategy {
    /// The image that builds.
    pub from: ObjectReference,
    /// A secret with the credentials for its registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_secret: Option<LocalObjectReference>,
    /// Variables that it is run with.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub env: Vec<EnvVar>,
    /// With true, it may speak to the container engine.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub expose_docker_socket: bool,
    /// With true, it is pulled even when it is there already.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub force_pull: bool,
    /// Secrets that are mounted into it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub secrets: Vec<SecretSpec>,
    /// The version of the API in which the build is handed to it.
    #[serde(rename = "buildAPIVersion", skip_serializing_if = "String::is_empty")]
    pub build_api_version: String,
}

/// A secret that is mounted into a custom build.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["secretSource", "mountPath"]))
)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretSpec {
    /// The secret.
    pub secret_source: LocalObjectReference,
    /// The directory that it is mounted to.
    pub mount_path: String,
}

/// A build by a Jenkins pipeline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct JenkinsPipelineBuildStrategy {
    /// The path of the Jenkinsfile, within the context directory.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub jenkinsfile_path: String,
    /// The text of a Jenkinsfile.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub jenkinsfile: String,
    /// Variables that are handed to the pipeline.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub env: Vec<EnvVar>,
}

/// A volume that is mounted during a build.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["name", "source", "mounts"]))
)]
#[serde(rename_all = "camelCase", default)]
pub struct BuildVolume {
    /// Its name, unique within the build.
    pub name: String,
    /// What is in it.
    pub source: BuildVolumeSource,
    /// Where it is mounted.
    #[serde(deserialize_with = "null_as_default")]
    pub mounts: Vec<BuildVolumeMount>,
}

/// What is in a volume of a build.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["type"])))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildVolumeSource {
    /// `Secret`, `ConfigMap` or `CSI`.
    pub r#type: String,
    /// A secret whose values are files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretVolumeSource>,
    /// A ConfigMap whose values are files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map: Option<ConfigMapVolumeSource>,
    /// A volume of a CSI driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csi: Option<CSIVolumeSource>,
}

/// Where a volume of a build is mounted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["destinationPath"])))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildVolumeMount {
    /// The absolute path.
    pub destination_path: String,
}
