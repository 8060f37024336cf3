use std::collections::BTreeMap;

use bytes::Bytes;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use weir_api::image::{Image, ImageLayer};
use weir_api::names::annotation::{IMAGE_LAYERS_ORDER, IMAGE_MANAGED, IMAGE_MANIFEST_BLOB_STORED};
use weir_oci::{Digest, Manifest, RepositoryName};

/// A manifest that was pushed and stored, as the API is told of it.
#[derive(Clone, Debug)]
pub struct PushedImage {
    pub repository: RepositoryName,
    pub digest: Digest,
    pub manifest: Manifest,
    pub body: Bytes,
    /// The config blob, where there is one that can be read.
    pub config: Option<Bytes>,
}

impl PushedImage {
    /// The `Image` object. The API computes its metadata from manifest and config, and drops both again.
    pub fn to_image(&self, host: &str) -> Image {
        let annotations = [
            (IMAGE_MANAGED, "true"),
            (IMAGE_MANIFEST_BLOB_STORED, "true"),
            (IMAGE_LAYERS_ORDER, "ascending"),
        ];
        let annotations: BTreeMap<String, String> = annotations.map(|(key, value)| (key.into(), value.into())).into();
        Image {
            metadata: ObjectMeta {
                name: Some(self.digest.to_string()),
                annotations: Some(annotations),
                ..ObjectMeta::default()
            },
            docker_image_reference: format!("{host}/{}@{}", self.repository, self.digest),
            docker_image_manifest: String::from_utf8_lossy(&self.body).into_owned(),
            docker_image_manifest_media_type: self.manifest.media_type().as_str().into(),
            docker_image_config: self
                .config
                .as_deref()
                .map(String::from_utf8_lossy)
                .unwrap_or_default()
                .into_owned(),
            docker_image_layers: layers(&self.manifest),
            ..Image::default()
        }
    }
}

fn layers(manifest: &Manifest) -> Vec<ImageLayer> {
    let Manifest::Image(image) = manifest else {
        return Vec::new();
    };
    let layer = |layer: &weir_oci::Descriptor| ImageLayer {
        name: layer.digest.to_string(),
        size: i64::try_from(layer.size).unwrap_or(i64::MAX),
        media_type: layer.media_type.clone(),
    };
    image.layers.iter().map(layer).collect()
}
