//! Streams seen by tag, by digest and by layer.

use std::collections::BTreeMap;

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};

use super::{Image, ImageLookupPolicy, NamedTagEventList, TagEventCondition, TagReference};
use crate::kind::{kind, null_as_default};

/// One tag of a stream together with the image it points to now. Its name is `STREAM:TAG`. Writing one changes
/// `spec.tags` of the stream; deleting one removes the tag and its history.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["tag", "generation", "lookupPolicy", "image"]))
)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamTag {
    /// The name is `STREAM:TAG`; everything else is the stream's.
    pub metadata: ObjectMeta,
    /// The wish for this tag, from `spec.tags` of the stream. Absent when the tag only gets pushes.
    pub tag: Option<TagReference>,
    /// Which change of the stream's wishes the image came with.
    pub generation: i64,
    /// Where the stream may be used by its short name.
    pub lookup_policy: ImageLookupPolicy,
    /// Why the tag does not point to what it should, if it does not.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub conditions: Vec<TagEventCondition>,
    /// The image that the tag points to now.
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

/// One tag of a stream with its wish, its history and its image. Other than an ImageStreamTag it exists as soon as it
/// is wished for. Its name is `STREAM:TAG`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["spec", "status", "image"]))
)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageTag {
    /// The name is `STREAM:TAG`; everything else is the stream's.
    pub metadata: ObjectMeta,
    /// The wish for this tag, from `spec.tags` of the stream. Absent when the tag only gets pushes.
    pub spec: Option<TagReference>,
    /// The history of this tag, from `status.tags` of the stream. Absent as long as it has none.
    pub status: Option<NamedTagEventList>,
    /// The image that the tag points to now, when it is known.
    pub image: Option<Image>,
}
kind!(
    ImageTag,
    "image.openshift.io",
    "v1",
    "ImageTag",
    "imagetags",
    NamespaceResourceScope
);

/// One image of a stream, found by its digest. Its name is `STREAM@DIGEST`; the beginning of a digest is enough when
/// only one image has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["image"])))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamImage {
    /// The name is `STREAM@DIGEST`; everything else is the stream's.
    pub metadata: ObjectMeta,
    /// The image.
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

/// What all images of a stream consist of: for registries and for pruning.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["blobs", "images"])))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamLayers {
    /// The stream's.
    pub metadata: ObjectMeta,
    /// Everything that is stored for the stream, by digest.
    pub blobs: BTreeMap<String, ImageLayerData>,
    /// The images, by digest.
    pub images: BTreeMap<String, ImageBlobReferences>,
}
kind!(
    ImageStreamLayers,
    "image.openshift.io",
    "v1",
    "ImageStreamLayers",
    "imagestreams/layers",
    NamespaceResourceScope
);

/// Something that is stored for an image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["size", "mediaType"])))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageLayerData {
    /// Its size in bytes, when it is known.
    pub size: Option<i64>,
    /// Its format.
    pub media_type: String,
}

/// What one image consists of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageBlobReferences {
    /// With true, the image's object is gone, so that nothing is known of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub image_missing: bool,
    /// The digests of its layers, the lowest first.
    #[serde(deserialize_with = "null_as_default")]
    pub layers: Vec<String>,
    /// The digest of its configuration.
    pub config: Option<String>,
    /// Of a list of images, the digests of the images in it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub manifests: Vec<String>,
}
