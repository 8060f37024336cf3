//! Where the source of a build comes from.

use k8s_openapi::api::core::v1::{LocalObjectReference, ObjectReference};
use serde::{Deserialize, Serialize};

use crate::kind::null_as_default;

/// Where the source of a build comes from. Several inputs are put into one directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildSource {
    /// `Git`, `Dockerfile`, `Binary`, `Image` or `None`. It is derived from the other fields when it is not set.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub r#type: String,
    /// The source is sent by the client that starts the build.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary: Option<BinaryBuildSource>,
    /// The text of a Dockerfile. It replaces the one in the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dockerfile: Option<String>,
    /// The source is a Git repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<GitBuildSource>,
    /// The directory within the source in which the build takes place.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub context_dir: String,
    /// A secret with the credentials for the Git repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_secret: Option<LocalObjectReference>,
    /// Images of which parts are copied into the source.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub images: Vec<ImageSource>,
    /// Secrets whose values become files in the source. Docker builds can copy them; source builds remove them from the
    /// image.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub secrets: Vec<SecretBuildSource>,
    /// ConfigMaps whose values become files in the source.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub config_maps: Vec<ConfigMapBuildSource>,
}

/// A source that is sent by the client.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BinaryBuildSource {
    /// What is sent is one file of this name. Otherwise it is an archive, which is unpacked.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub as_file: String,
}

/// A Git repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["uri"])))]
#[serde(rename_all = "camelCase", default)]
pub struct GitBuildSource {
    /// The address of the repository.
    pub uri: String,
    /// The branch, tag or commit. Without it, the repository's default branch.
    #[serde(rename = "ref", skip_serializing_if = "String::is_empty")]
    pub r#ref: String,
    /// A proxy for `http` addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_proxy: Option<String>,
    /// A proxy for `https` addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub https_proxy: Option<String>,
    /// Hosts that are reached without a proxy, separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_proxy: Option<String>,
}

/// An image of which parts are copied into the source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["from"])))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageSource {
    /// The image: an `ImageStreamTag`, an `ImageStreamImage` or a `DockerImage`.
    pub from: ObjectReference,
    /// Names by which a Dockerfile refers to this image, in `FROM` or `COPY --from`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub r#as: Vec<String>,
    /// What is copied, and where it goes.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub paths: Vec<ImageSourcePath>,
    /// A secret with the credentials for the image's registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_secret: Option<LocalObjectReference>,
}

/// A part of an image that is copied.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["sourcePath", "destinationDir"]))
)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageSourcePath {
    /// The absolute path of a file or a directory in the image. The contents of a directory are copied when the path
    /// ends with `/.`.
    pub source_path: String,
    /// The directory within the source that it is copied to.
    pub destination_dir: String,
}

/// A secret whose values become files in the source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["secret"])))]
#[serde(rename_all = "camelCase", default)]
pub struct SecretBuildSource {
    /// The secret.
    pub secret: LocalObjectReference,
    /// The directory within the source that the files are put in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub destination_dir: String,
}

/// A ConfigMap whose values become files in the source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["configMap"])))]
#[serde(rename_all = "camelCase", default)]
pub struct ConfigMapBuildSource {
    /// The ConfigMap.
    pub config_map: LocalObjectReference,
    /// The directory within the source that the files are put in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub destination_dir: String,
}

/// One state of a source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["type"])))]
#[serde(rename_all = "camelCase", default)]
pub struct SourceRevision {
    /// `Git` is the only one.
    pub r#type: String,
    /// The commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<GitSourceRevision>,
}

/// A Git commit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct GitSourceRevision {
    /// Its hash.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub commit: String,
    /// Who wrote it.
    pub author: SourceControlUser,
    /// Who committed it.
    pub committer: SourceControlUser,
    /// Its message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// A person in the history of a source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SourceControlUser {
    /// The name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub email: String,
}
