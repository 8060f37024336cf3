//! What an Image tells of its manifest and config: layers, platforms, and the `DockerImage` that clients read ports,
//! environment and labels from.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use weir_api::image::{Image, ImageLayer, ImageManifest};
use weir_api::names::annotation::IMAGE_LAYERS_ORDER;
use weir_oci::{Descriptor, ImageConfig, ImageConfigError, Manifest, ManifestError, config_types};

/// `dockerImageMetadataVersion` of everything written here.
pub const METADATA_VERSION: &str = "1.0";
const METADATA_API_VERSION: &str = "image.openshift.io/1.0";
/// Layers are listed oldest first.
const ASCENDING: &str = "ascending";
/// Stands for an operating system or architecture that an index does not name, as build tools write it themselves.
const UNKNOWN: &str = "unknown";

#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    #[error("dockerImageManifest: {0}")]
    Manifest(#[from] ManifestError),
    #[error("dockerImageConfig: {0}")]
    Config(#[from] ImageConfigError),
}

/// Fills what follows from `dockerImageManifest` and `dockerImageConfig`; without a manifest nothing follows.
///
/// `now` becomes the time of creation of an index, which has none of its own.
///
/// # Errors
/// The manifest or the config is not what it should be. The image is unchanged then.
pub fn describe(image: &mut Image, now: Timestamp) -> Result<(), MetadataError> {
    if image.docker_image_manifest.is_empty() {
        return Ok(());
    }
    let hint = Some(image.docker_image_manifest_media_type.as_str()).filter(|hint| !hint.is_empty());
    let manifest = Manifest::parse(image.docker_image_manifest.as_bytes(), hint)?;
    match &manifest {
        Manifest::Image(parsed) => {
            let config = parse_config(&parsed.config, &image.docker_image_config)?;
            let size = total_size(&parsed.config, &parsed.layers);
            image.docker_image_metadata = Some(docker_image(parsed.config.digest.as_str(), config, size));
            image.docker_image_layers = parsed.layers.iter().map(layer).collect();
            let annotations = image.metadata.annotations.get_or_insert_default();
            annotations.insert(IMAGE_LAYERS_ORDER.into(), ASCENDING.into());
        }
        Manifest::Index(index) => {
            let id = image.metadata.name.clone().unwrap_or_default();
            image.docker_image_metadata = Some(index_metadata(&id, now));
            image.docker_image_manifests = index.manifests.iter().map(platform_manifest).collect();
            image.docker_image_layers.clear();
        }
    }
    image.docker_image_manifest_media_type = manifest.media_type().to_string();
    image.docker_image_metadata_version = METADATA_VERSION.into();
    Ok(())
}

/// The configs of artifacts that are no container images say nothing that is asked here.
fn parse_config(descriptor: &Descriptor, text: &str) -> Result<Option<ImageConfig>, ImageConfigError> {
    let is_image = [config_types::DOCKER, config_types::OCI].contains(&descriptor.media_type.as_str());
    if text.is_empty() || !is_image {
        Ok(None)
    } else {
        ImageConfig::parse(text.as_bytes()).map(Some)
    }
}

/// A layer that occurs twice is stored once.
fn total_size(config: &Descriptor, layers: &[Descriptor]) -> u64 {
    let mut seen = HashSet::new();
    let unique = layers.iter().filter(|layer| seen.insert(&layer.digest));
    unique.fold(config.size, |sum, layer| sum.saturating_add(layer.size))
}

fn layer(descriptor: &Descriptor) -> ImageLayer {
    ImageLayer {
        name: descriptor.digest.to_string(),
        size: signed(descriptor.size),
        media_type: descriptor.media_type.clone(),
    }
}

fn platform_manifest(descriptor: &Descriptor) -> ImageManifest {
    let platform = descriptor.platform.clone().unwrap_or_default();
    let known = |text: String| if text.is_empty() { UNKNOWN.to_owned() } else { text };
    ImageManifest {
        digest: descriptor.digest.to_string(),
        media_type: descriptor.media_type.clone(),
        manifest_size: signed(descriptor.size),
        architecture: known(platform.architecture),
        os: known(platform.os),
        variant: platform.variant,
    }
}

fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn index_metadata(id: &str, now: Timestamp) -> Value {
    json!({
        "kind": "DockerImage", "apiVersion": METADATA_API_VERSION,
        "Id": id, "Created": seconds(now), "ContainerConfig": {}, "Size": 0,
    })
}

/// The config in the field names of a Docker engine. Without a config only identity and size are known.
fn docker_image(id: &str, config: Option<ImageConfig>, size: u64) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        if value != Value::String(String::new()) {
            fields.insert(name.into(), value);
        }
    };
    let config = config.unwrap_or_default();
    let created = config
        .created
        .as_deref()
        .and_then(|text| text.parse::<Timestamp>().ok());
    put("kind", "DockerImage".into());
    put("apiVersion", METADATA_API_VERSION.into());
    put("Id", id.into());
    put("Parent", config.parent.into());
    put("Comment", config.comment.into());
    put("Created", created.map_or(Value::Null, |time| seconds(time).into()));
    put("Container", config.container.into());
    put("ContainerConfig", json!(config.container_config.unwrap_or_default()));
    put("DockerVersion", config.docker_version.into());
    put("Author", config.author.into());
    put("Architecture", config.architecture.into());
    put("Os", config.os.into());
    put("Size", signed(size).into());
    if let Some(run) = config.config {
        put("Config", json!(run));
    }
    fields.into()
}

fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests;
