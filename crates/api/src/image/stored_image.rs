//! Images, as they are stored.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use k8s_openapi::{ByteString, ClusterResourceScope};
use serde::{Deserialize, Serialize};

use crate::kind::{kind, null_as_default};

/// A container image that the cluster knows: which layers it has, and how it is run. Its name is its digest. Images
/// belong to no namespace; who may pull one is decided by the streams that have it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Image {
    /// The name is the digest of the image's manifest, such as `sha256:4f53...`.
    pub metadata: ObjectMeta,
    /// Where the image can be pulled.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub docker_image_reference: String,
    /// What the image says of itself: its configuration, as a `DockerImage` of `image.openshift.io/1.0`, kept as it
    /// came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "k8s_openapi::apimachinery::pkg::runtime::RawExtension")
    )]
    pub docker_image_metadata: Option<serde_json::Value>,
    /// The version in which docker_image_metadata is written.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub docker_image_metadata_version: String,
    /// The manifest itself, when it is kept here and not in the registry.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub docker_image_manifest: String,
    /// The layers, the lowest first. Empty for an image that is a list of images.
    #[serde(deserialize_with = "null_as_default")]
    pub docker_image_layers: Vec<ImageLayer>,
    /// Signatures of the image. They are kept as they are; this server does not verify them.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub signatures: Vec<ImageSignature>,
    /// Signatures within the manifest, in the form of image manifests of version 2 schema 1.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<crate::schema::Base64>"))]
    pub docker_image_signatures: Vec<ByteString>,
    /// The format of the manifest.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub docker_image_manifest_media_type: String,
    /// The image's configuration as it came, when it is kept here and not in the registry.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub docker_image_config: String,
    /// Of a list of images, the images in it, one per platform.
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

/// One layer of an image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["name", "size", "mediaType"]))
)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageLayer {
    /// Its digest.
    pub name: String,
    /// Its size in bytes, compressed.
    pub size: i64,
    /// Its format.
    pub media_type: String,
}

/// One image of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["digest", "mediaType", "manifestSize", "architecture", "os"]))
)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageManifest {
    /// Its digest.
    pub digest: String,
    /// The format of its manifest.
    pub media_type: String,
    /// The size of its manifest in bytes.
    pub manifest_size: i64,
    /// The processors it runs on, such as `amd64`.
    pub architecture: String,
    /// The operating system it runs on, such as `linux`.
    pub os: String,
    /// Which variant of the processor it needs, such as `v8`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub variant: String,
}

/// A signature of an image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["type", "content"])))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageSignature {
    /// Its name is the image's digest, `@`, and a name of the signature's own.
    pub metadata: ObjectMeta,
    /// The format of the signature, such as `AtomicImageV1`.
    pub r#type: String,
    /// The signature itself.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Base64"))]
    pub content: ByteString,
    /// What is known of the signature.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub conditions: Vec<SignatureCondition>,
    /// The name for which the image was signed, such as `registry.example.com/team/app:1.0`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_identity: String,
    /// What else was signed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub signed_claims: BTreeMap<String, String>,
    /// When it was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Time>,
    /// Who signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_by: Option<SignatureIssuer>,
    /// Whose key it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_to: Option<SignatureSubject>,
}

/// Something that is known of a signature.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["type", "status"])))]
#[serde(rename_all = "camelCase", default)]
pub struct SignatureCondition {
    /// What it is about, such as `Complete` or `Failed`.
    pub r#type: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// When it was looked at last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_probe_time: Option<Time>,
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

/// Who made a signature.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SignatureIssuer {
    /// The organization.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub organization: String,
    /// The name, such as an address of mail.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub common_name: String,
}

/// Whose key a signature was made with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["publicKeyID"])))]
#[serde(rename_all = "camelCase", default)]
pub struct SignatureSubject {
    /// The organization.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub organization: String,
    /// The name, such as an address of mail.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub common_name: String,
    /// The identifier of the key.
    #[serde(rename = "publicKeyID")]
    pub public_key_id: String,
}
