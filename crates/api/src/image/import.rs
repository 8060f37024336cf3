//! Telling a stream of images: pushes, and looks at other registries.

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{LocalObjectReference, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Status};
use serde::{Deserialize, Serialize};

use super::{Image, ImageStream, TagImportPolicy, TagReferencePolicy};
use crate::kind::{kind, null_as_default};

/// Tells a stream that an image was pushed to it. Registries create these; nothing of them is stored but what they
/// change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["image", "tag"])))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamMapping {
    /// The name is the stream's.
    pub metadata: ObjectMeta,
    /// The image that was pushed.
    pub image: Image,
    /// The tag that it was pushed to.
    pub tag: String,
}
kind!(
    ImageStreamMapping,
    "image.openshift.io",
    "v1",
    "ImageStreamMapping",
    "imagestreammappings",
    NamespaceResourceScope
);

/// Asks for images of other registries. They are looked up at once, and the answer says what was found; with
/// `spec.import`, it is stored in the stream as well.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["spec", "status"])))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamImport {
    /// The name is that of the stream, which is created when it does not exist yet.
    pub metadata: ObjectMeta,
    /// What to look up.
    pub spec: ImageStreamImportSpec,
    /// What was found.
    pub status: ImageStreamImportStatus,
}
kind!(
    ImageStreamImport,
    "image.openshift.io",
    "v1",
    "ImageStreamImport",
    "imagestreamimports",
    NamespaceResourceScope
);

/// What to look up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["import"])))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamImportSpec {
    /// With true, what is found is stored in the stream. Otherwise it is only shown.
    pub import: bool,
    /// A whole repository, of which all tags are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<RepositoryImportSpec>,
    /// Single images.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub images: Vec<ImageImportSpec>,
}

/// A repository of which all tags are wanted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["from"])))]
#[serde(rename_all = "camelCase", default)]
pub struct RepositoryImportSpec {
    /// The repository, as a `DockerImage` whose name has neither tag nor digest.
    pub from: ObjectReference,
    /// How its tags are imported.
    pub import_policy: TagImportPolicy,
    /// Under which name its images are handed out.
    pub reference_policy: TagReferencePolicy,
    /// With true, the answer contains the manifests of the images.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub include_manifest: bool,
}

/// A single image that is wanted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["from"])))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageImportSpec {
    /// The image, as a `DockerImage`.
    pub from: ObjectReference,
    /// The tag of the stream that the image is stored under. Without it, the image's own tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<LocalObjectReference>,
    /// How it is imported.
    pub import_policy: TagImportPolicy,
    /// Under which name it is handed out.
    pub reference_policy: TagReferencePolicy,
    /// With true, the answer contains the manifest of the image.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub include_manifest: bool,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamImportStatus {
    /// The stream as it is after the import.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<ImageStream>,
    /// What was found in the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<RepositoryImportStatus>,
    /// What was found of the single images, in the order of the request.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub images: Vec<ImageImportStatus>,
}

/// What was found in a repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RepositoryImportStatus {
    /// Whether the tags could be read, and why not.
    pub status: Status,
    /// The images of its tags, as far as they were imported.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub images: Vec<ImageImportStatus>,
    /// Tags that were not imported, because there are too many of them.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub additional_tags: Vec<String>,
}

/// What was found of one image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["status"])))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageImportStatus {
    /// Whether the image could be read, and why not.
    pub status: Status,
    /// The image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// The tag it has where it was found, which may be another one than it is stored under.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tag: String,
    /// Of a list of images, the images in it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub manifests: Vec<Image>,
}
