use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use crate::descriptor::null_as_default;
use crate::limits::{INDEX_ENTRIES, LAYERS, MANIFEST_BYTES};
use crate::{ArtifactAnnotations, Descriptor, Digest, ManifestType, Platform, layer_types, strict_json};

/// A manifest, known to be exactly one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "parsed once per request and passed by reference"
)]
pub enum Manifest {
    Image(ImageManifest),
    Index(ImageIndex),
}

/// A config and layers: a Docker schema 2 or an OCI image manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageManifest {
    pub media_type: ManifestType,
    pub config: Descriptor,
    /// Oldest first.
    pub layers: Vec<Descriptor>,
    pub subject: Option<Descriptor>,
    pub artifact_type: Option<String>,
    pub annotations: ArtifactAnnotations,
}

/// Manifests for several platforms: a Docker manifest list or an OCI index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageIndex {
    pub media_type: ManifestType,
    pub manifests: Vec<Descriptor>,
    pub subject: Option<Descriptor>,
    pub artifact_type: Option<String>,
    pub annotations: ArtifactAnnotations,
}

#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest has {size} bytes; at most {MANIFEST_BYTES} are accepted")]
    TooLarge { size: usize },
    #[error("the manifest is not valid JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("unsupported schema version {0}; only version 2 is accepted")]
    SchemaVersion(u64),
    #[error("unsupported image manifest type {0:?}")]
    UnknownType(String),
    #[error("the manifest says nothing about its type, and no Content-Type was given")]
    Untyped,
    #[error("the manifest says it is {body}, but the Content-Type is {header}")]
    TypeMismatch { body: String, header: String },
    #[error("the manifest is ambiguous: {0}")]
    Ambiguous(&'static str),
    #[error("the manifest is incomplete: {0}")]
    Incomplete(&'static str),
    #[error("the manifest names {count} {what}; at most {limit} are accepted")]
    TooMany {
        what: &'static str,
        count: usize,
        limit: usize,
    },
    #[error("the foreign layer {0} has no URL to fetch it from")]
    ForeignWithoutUrl(Digest),
}

/// The document as it stands, before it is known what it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: u64,
    media_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
    subject: Option<Descriptor>,
    artifact_type: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    annotations: ArtifactAnnotations,
    #[serde(rename = "fsLayers")]
    fs_layers: Option<serde::de::IgnoredAny>,
    blobs: Option<serde::de::IgnoredAny>,
}

impl Manifest {
    /// Parses a manifest that came with `content_type` (an absent or generic one is `None`).
    ///
    /// A document that two readers could take for different things is refused: the types in the body and in the header
    /// must agree, an index has no config and no layers, keys do not repeat.
    ///
    /// # Errors
    /// [`ManifestError`] says what is wrong; all of them are the sender's fault.
    pub fn parse(body: &[u8], content_type: Option<&str>) -> Result<Manifest, ManifestError> {
        if body.len() > MANIFEST_BYTES {
            return Err(ManifestError::TooLarge { size: body.len() });
        }
        strict_json::check(body)?;
        let document: Document = strict_json::object(&mut serde_json::Deserializer::from_slice(body))?;
        if document.schema_version != 2 {
            return Err(ManifestError::SchemaVersion(document.schema_version));
        }
        let media_type = decide_type(&document, content_type)?;
        check_shape(&document, media_type)?;
        if media_type.is_index() {
            document.into_index(media_type)
        } else {
            document.into_image(media_type)
        }
    }

    pub fn media_type(&self) -> ManifestType {
        match self {
            Manifest::Image(image) => image.media_type,
            Manifest::Index(index) => index.media_type,
        }
    }

    pub fn subject(&self) -> Option<&Descriptor> {
        match self {
            Manifest::Image(image) => image.subject.as_ref(),
            Manifest::Index(index) => index.subject.as_ref(),
        }
    }

    pub fn annotations(&self) -> &ArtifactAnnotations {
        match self {
            Manifest::Image(image) => &image.annotations,
            Manifest::Index(index) => &index.annotations,
        }
    }

    /// What kind of artifact it is, for the listing of referrers: its own word, else its config's media type.
    pub fn artifact_type(&self) -> Option<&str> {
        match self {
            Manifest::Image(image) => image.artifact_type.as_deref().or(Some(&image.config.media_type)),
            Manifest::Index(index) => index.artifact_type.as_deref(),
        }
    }
}

impl ImageManifest {
    /// The blobs that a registry must have before it accepts this manifest: config and layers, without foreign layers.
    pub fn required_blobs(&self) -> impl Iterator<Item = &Descriptor> {
        let local = self
            .layers
            .iter()
            .filter(|layer| !layer_types::is_foreign(&layer.media_type));
        std::iter::once(&self.config).chain(local)
    }
}

impl ImageIndex {
    /// The manifest for one platform, as importers that keep a single platform choose it: the first of `preferred` that
    /// is there, then linux/amd64, then the first entry. `None` only for an empty index.
    pub fn select(&self, preferred: &[Platform]) -> Option<&Descriptor> {
        let default = Platform::linux_amd64();
        preferred
            .iter()
            .chain(std::iter::once(&default))
            .find_map(|wanted| {
                let fits = |entry: &&Descriptor| {
                    entry
                        .platform
                        .as_ref()
                        .is_some_and(|has| has.same_os_and_architecture(wanted))
                };
                self.manifests.iter().find(fits)
            })
            .or(self.manifests.first())
    }
}

impl Document {
    fn into_image(self, media_type: ManifestType) -> Result<Manifest, ManifestError> {
        let config = self.config.ok_or(ManifestError::Incomplete("it has no config"))?;
        let layers = self
            .layers
            .ok_or(ManifestError::Incomplete("it has no list of layers"))?;
        check_count("layers", layers.len(), LAYERS)?;
        let unfetchable = |layer: &&Descriptor| layer_types::is_foreign(&layer.media_type) && layer.urls.is_empty();
        if let Some(layer) = layers.iter().find(unfetchable) {
            return Err(ManifestError::ForeignWithoutUrl(layer.digest.clone()));
        }
        let Document {
            subject,
            artifact_type,
            annotations,
            ..
        } = self;
        Ok(Manifest::Image(ImageManifest {
            media_type,
            config,
            layers,
            subject,
            artifact_type,
            annotations,
        }))
    }

    fn into_index(self, media_type: ManifestType) -> Result<Manifest, ManifestError> {
        let manifests = self
            .manifests
            .ok_or(ManifestError::Incomplete("it has no list of manifests"))?;
        check_count("manifests", manifests.len(), INDEX_ENTRIES)?;
        let Document {
            subject,
            artifact_type,
            annotations,
            ..
        } = self;
        Ok(Manifest::Index(ImageIndex {
            media_type,
            manifests,
            subject,
            artifact_type,
            annotations,
        }))
    }
}

fn decide_type(document: &Document, header: Option<&str>) -> Result<ManifestType, ManifestError> {
    let known = |text: &str| ManifestType::from_str(text).map_err(|_| ManifestError::UnknownType(text.into()));
    let header = header.map(known).transpose()?;
    let body = document.media_type.as_deref().map(known).transpose()?;
    match (body, header) {
        (Some(body), Some(header)) if body != header => Err(ManifestError::TypeMismatch {
            body: body.to_string(),
            header: header.to_string(),
        }),
        (Some(kind), _) => Ok(kind),
        // The OCI types may leave the field out; Docker's may not.
        (None, Some(kind)) if kind.is_oci() => Ok(kind),
        (None, Some(_)) => Err(ManifestError::Incomplete("Docker manifests must carry their mediaType")),
        (None, None) if document.manifests.is_some() => Ok(ManifestType::OciIndex),
        (None, None) if document.config.is_some() => Ok(ManifestType::OciManifest),
        (None, None) => Err(ManifestError::Untyped),
    }
}

fn check_shape(document: &Document, media_type: ManifestType) -> Result<(), ManifestError> {
    if document.fs_layers.is_some() {
        return Err(ManifestError::Ambiguous(
            "it has fsLayers, which belong to schema version 1",
        ));
    }
    if document.blobs.is_some() {
        return Err(ManifestError::Ambiguous(
            "it has blobs, which belong to artifact manifests",
        ));
    }
    let image_fields = document.config.is_some() || document.layers.is_some();
    match (media_type.is_index(), image_fields, document.manifests.is_some()) {
        (true, true, _) => Err(ManifestError::Ambiguous("an index has neither config nor layers")),
        (false, _, true) => Err(ManifestError::Ambiguous("an image manifest lists no other manifests")),
        _ => Ok(()),
    }
}

fn check_count(what: &'static str, count: usize, limit: usize) -> Result<(), ManifestError> {
    if count <= limit {
        Ok(())
    } else {
        Err(ManifestError::TooMany { what, count, limit })
    }
}

/// Written the way clients expect: the media type is always in the document.
impl Serialize for ImageIndex {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            schema_version: u64,
            media_type: &'static str,
            manifests: &'a [Descriptor],
            #[serde(skip_serializing_if = "ArtifactAnnotations::is_empty")]
            annotations: &'a ArtifactAnnotations,
        }
        let media_type = self.media_type.as_str();
        Wire {
            schema_version: 2,
            media_type,
            manifests: &self.manifests,
            annotations: &self.annotations,
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests;
