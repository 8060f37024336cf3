//! Image streams: the wishes and the facts.

use std::collections::BTreeMap;

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use serde::{Deserialize, Serialize};

use crate::kind::{kind, null_as_default};

/// A named set of tags, each of which remembers every image it pointed to. `spec.tags` says what tags should point to;
/// `status.tags` says what they point to now and what they pointed to before. Images arrive by a push to the integrated
/// registry, by an import from another one, or from another stream. Builds and deployments that follow a tag are
/// started when it moves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStream {
    /// The name of the stream is the last part of the repository's name in the integrated registry; its namespace is
    /// the part before.
    pub metadata: ObjectMeta,
    /// What should be.
    pub spec: ImageStreamSpec,
    /// What is.
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

/// The wishes for a stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamSpec {
    /// Where the stream may be used by its short name.
    pub lookup_policy: ImageLookupPolicy,
    /// A repository of another registry, whose tags are all imported into this stream. Without it, the stream's images
    /// live in the integrated registry.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub docker_image_repository: String,
    /// What each tag should point to. A tag that only gets pushes needs no entry here.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub tags: Vec<TagReference>,
}

/// Where a stream may be used by its short name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["local"])))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageLookupPolicy {
    /// Whether `image: STREAM:TAG` in pods of this namespace means the tag of this stream. Otherwise it means an image
    /// of a public registry, as anywhere else.
    pub local: bool,
}

/// What a tag should point to, and how it gets there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["name"])))]
#[serde(rename_all = "camelCase", default)]
pub struct TagReference {
    /// The tag. It is unique within the stream.
    pub name: String,
    /// Notes about the tag, such as `description`, `tags` (a comma-separated list, `builder` marks builder images) and
    /// `sampleRepo`, which clients show and search.
    pub annotations: Option<BTreeMap<String, String>>,
    /// What the tag follows: another tag (`ImageStreamTag`), one image of a stream (`ImageStreamImage`), or an image of
    /// any registry (`DockerImage`), which is imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<ObjectReference>,
    /// With true, the tag is only a reference: nothing is imported, and whoever uses the tag gets the value of `from`
    /// as it is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reference: bool,
    /// Which change of the stream's wishes this tag saw last. The server sets it. A tag whose status has a smaller
    /// generation has yet to be imported; set it to 0 or leave it out to import again.
    pub generation: Option<i64>,
    /// How the tag is imported.
    pub import_policy: TagImportPolicy,
    /// Under which name images of this tag are handed out.
    pub reference_policy: TagReferencePolicy,
}

/// How an image gets from another registry into a tag.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct TagImportPolicy {
    /// With true, the registry may be spoken to over plain HTTP, or with a certificate that nobody vouches for.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// With true, the registry is asked again from time to time, and the tag moves when the image there has changed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub scheduled: bool,
    /// What to take when there are images for several platforms: `Legacy` takes the one for this machine,
    /// `PreserveOriginal` keeps the whole list. The default is Legacy.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub import_mode: String,
}

/// Under which name images of a tag are handed out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["type"])))]
#[serde(rename_all = "camelCase", default)]
pub struct TagReferencePolicy {
    /// `Source` hands out the address from which the image was imported; `Local` hands out the address in the
    /// integrated registry, which fetches the image when it is first pulled. The default is Source.
    pub r#type: String,
}

/// What a stream's tags point to, now and before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamStatus {
    /// Where the stream can be pulled from and pushed to, in the integrated registry as containers see it.
    pub docker_image_repository: String,
    /// The same as seen from outside, when the registry is reachable from there.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub public_docker_image_repository: String,
    /// The history of each tag that ever pointed to an image, or whose import failed.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub tags: Vec<NamedTagEventList>,
}

/// The history of one tag.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["tag", "items"])))]
#[serde(rename_all = "camelCase", default)]
pub struct NamedTagEventList {
    /// The tag.
    pub tag: String,
    /// Every image the tag pointed to, the newest first.
    #[serde(serialize_with = "empty_as_null", deserialize_with = "null_as_default")]
    pub items: Vec<TagEvent>,
    /// Why the tag does not point to what it should, if it does not.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub conditions: Vec<TagEventCondition>,
}

/// One image that a tag pointed to, from a moment on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["created", "dockerImageReference", "image", "generation"]))
)]
#[serde(rename_all = "camelCase")]
pub struct TagEvent {
    /// When the tag began to point there.
    pub created: Time,
    /// The image as it can be pulled, by digest.
    pub docker_image_reference: String,
    /// The digest of the image, which is also the name of its Image object. Empty when the tag is only a reference to
    /// an image of another registry.
    #[serde(default)]
    pub image: String,
    /// Which change of the stream's wishes led to this.
    #[serde(default)]
    pub generation: i64,
}

/// Something to know about a tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["type", "status", "generation"]))
)]
#[serde(rename_all = "camelCase")]
pub struct TagEventCondition {
    /// What it is about. `ImportSuccess` is the only one.
    pub r#type: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// When the status changed last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_transition_time: Option<Time>,
    /// Why, in one word, for programs.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub reason: String,
    /// Why, in a sentence, for people.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub message: String,
    /// Which change of the stream's wishes this is about.
    #[serde(default)]
    pub generation: i64,
}

fn empty_as_null<S: serde::Serializer>(items: &Vec<TagEvent>, serializer: S) -> Result<S::Ok, S::Error> {
    if items.is_empty() {
        serializer.serialize_none()
    } else {
        items.serialize(serializer)
    }
}
