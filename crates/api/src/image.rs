//! `image.openshift.io/v1`.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Status, Time};
use k8s_openapi::{ClusterResourceScope, NamespaceResourceScope};
use serde::{Deserialize, Serialize};

use crate::kind::{kind, null_as_default};

pub const GROUP: &str = "image.openshift.io";
pub const VERSION: &str = "v1";
pub const API_VERSION: &str = "image.openshift.io/v1";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStream {
    pub metadata: ObjectMeta,
    pub spec: ImageStreamSpec,
    pub status: ImageStreamStatus,
}
kind!(
    ImageStream,
    "image.openshift.io",
    "v1",
    "ImageStream",
    "imagestreams",
    NamespaceResourceScope
);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamSpec {
    pub lookup_policy: ImageLookupPolicy,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub docker_image_repository: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub tags: Vec<TagReference>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageLookupPolicy {
    pub local: bool,
}

/// The wish: what a tag should point to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct TagReference {
    pub name: String,
    pub annotations: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<ObjectReference>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reference: bool,
    pub generation: Option<i64>,
    pub import_policy: TagImportPolicy,
    pub reference_policy: TagReferencePolicy,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct TagImportPolicy {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub scheduled: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub import_mode: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct TagReferencePolicy {
    pub r#type: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamStatus {
    pub docker_image_repository: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub public_docker_image_repository: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub tags: Vec<NamedTagEventList>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct NamedTagEventList {
    pub tag: String,
    /// Newest first. Serialized as `null` when a tag never succeeded, as clients expect.
    #[serde(serialize_with = "empty_as_null", deserialize_with = "null_as_default")]
    pub items: Vec<TagEvent>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub conditions: Vec<TagEventCondition>,
}

/// The fact: what a tag pointed to from `created` on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TagEvent {
    pub created: Time,
    pub docker_image_reference: String,
    /// Digest, the name of the [`Image`]; empty for a reference tag to an external image.
    #[serde(default)]
    pub image: String,
    #[serde(default)]
    pub generation: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TagEventCondition {
    pub r#type: String,
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_transition_time: Option<Time>,
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub reason: String,
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub message: String,
    #[serde(default)]
    pub generation: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Image {
    pub metadata: ObjectMeta,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub docker_image_reference: String,
    /// A `DockerImage` of `image.openshift.io/1.0`, kept as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docker_image_metadata: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub docker_image_metadata_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub docker_image_manifest: String,
    #[serde(deserialize_with = "null_as_default")]
    pub docker_image_layers: Vec<ImageLayer>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub docker_image_manifest_media_type: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub docker_image_config: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub docker_image_manifests: Vec<ImageManifest>,
}
kind!(
    Image,
    "image.openshift.io",
    "v1",
    "Image",
    "images",
    ClusterResourceScope
);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageLayer {
    pub name: String,
    pub size: i64,
    pub media_type: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageManifest {
    pub digest: String,
    pub media_type: String,
    pub manifest_size: i64,
    pub architecture: String,
    pub os: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub variant: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamTag {
    pub metadata: ObjectMeta,
    pub tag: Option<TagReference>,
    pub generation: i64,
    pub lookup_policy: ImageLookupPolicy,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub conditions: Vec<TagEventCondition>,
    pub image: Image,
}
kind!(
    ImageStreamTag,
    "image.openshift.io",
    "v1",
    "ImageStreamTag",
    "imagestreamtags",
    NamespaceResourceScope
);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamImage {
    pub metadata: ObjectMeta,
    pub image: Image,
}
kind!(
    ImageStreamImage,
    "image.openshift.io",
    "v1",
    "ImageStreamImage",
    "imagestreamimages",
    NamespaceResourceScope
);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamMapping {
    pub metadata: ObjectMeta,
    pub image: Image,
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

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamImport {
    pub metadata: ObjectMeta,
    pub spec: ImageStreamImportSpec,
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

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamImportSpec {
    /// `false` looks only; `true` stores what was found.
    pub import: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<RepositoryImportSpec>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub images: Vec<ImageImportSpec>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RepositoryImportSpec {
    pub from: ObjectReference,
    pub import_policy: TagImportPolicy,
    pub reference_policy: TagReferencePolicy,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub include_manifest: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageImportSpec {
    pub from: ObjectReference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<k8s_openapi::api::core::v1::LocalObjectReference>,
    pub import_policy: TagImportPolicy,
    pub reference_policy: TagReferencePolicy,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub include_manifest: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamImportStatus {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<ImageStream>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<RepositoryImportStatus>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub images: Vec<ImageImportStatus>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RepositoryImportStatus {
    pub status: Status,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub images: Vec<ImageImportStatus>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub additional_tags: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageImportStatus {
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// The source's tag, not the name it was stored under.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tag: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub manifests: Vec<Image>,
}

fn empty_as_null<S: serde::Serializer>(items: &Vec<TagEvent>, serializer: S) -> Result<S::Ok, S::Error> {
    if items.is_empty() {
        serializer.serialize_none()
    } else {
        items.serialize(serializer)
    }
}
