use async_trait::async_trait;
use serde_json::{Map, Value, json};
use weir_api::image::{Image, ImageStream};
use weir_apiserver::{ApiError, Object, RequestContext, SubresourceHandler};
use weir_imagestream::resolve;
use weir_oci::{ManifestType, config_types};

use crate::decode;
use crate::image::{IMAGE_STREAMS, IMAGES};

/// `imagestreams/NAME/layers`: every blob that belongs to the stream. Who may read it may pull.
pub(super) struct Layers;

#[async_trait]
impl SubresourceHandler for Layers {
    async fn get(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        let object = cx.objects.get(&IMAGE_STREAMS, &cx.namespace, name).await?;
        let stream: ImageStream = decode::stored(&object)?;
        let mut found = Found::default();
        let mut pending: Vec<String> = resolve::images(&stream).into_iter().map(str::to_owned).collect();
        while let Some(digest) = pending.pop() {
            if found.images.contains_key(&digest) {
                continue;
            }
            match cx.objects.get(&IMAGES, "", &digest).await {
                Ok(image) => pending.extend(found.add(&digest, &decode::stored(&image)?)),
                Err(error) if error.is_not_found() => found.add_missing(&digest),
                Err(error) => return Err(error),
            }
        }
        let metadata = &object["metadata"];
        Ok(json!({
            "kind": "ImageStreamLayers",
            "apiVersion": weir_api::image::API_VERSION,
            "metadata": {
                "name": name,
                "namespace": cx.namespace,
                "resourceVersion": metadata["resourceVersion"],
                "creationTimestamp": metadata["creationTimestamp"],
            },
            "blobs": found.blobs,
            "images": found.images,
        }))
    }
}

#[derive(Default)]
struct Found {
    blobs: Map<String, Value>,
    images: Map<String, Value>,
}

impl Found {
    /// Adds an image with its blobs, and names the manifests it leads to.
    fn add(&mut self, digest: &str, image: &Image) -> Vec<String> {
        self.add_blob(digest, None, &image.docker_image_manifest_media_type);
        let manifests: Vec<String> = image
            .docker_image_manifests
            .iter()
            .map(|entry| entry.digest.clone())
            .collect();
        if !manifests.is_empty() {
            self.images.insert(
                digest.to_owned(),
                json!({"layers": null, "config": null, "manifests": manifests}),
            );
            return manifests;
        }
        for layer in &image.docker_image_layers {
            self.add_blob(&layer.name, Some(layer.size), &layer.media_type);
        }
        let config = config(image);
        if let Some((digest, media_type)) = &config {
            self.add_blob(digest, None, media_type);
        }
        let layers: Vec<&str> = image
            .docker_image_layers
            .iter()
            .map(|layer| layer.name.as_str())
            .collect();
        let config = config.map(|(digest, _)| digest);
        self.images
            .insert(digest.to_owned(), json!({"layers": layers, "config": config}));
        Vec::new()
    }

    fn add_missing(&mut self, digest: &str) {
        self.images.insert(
            digest.to_owned(),
            json!({"imageMissing": true, "layers": null, "config": null}),
        );
    }

    fn add_blob(&mut self, digest: &str, size: Option<i64>, media_type: &str) {
        let mut blob = Map::new();
        blob.insert("size".into(), size.into());
        blob.insert("mediaType".into(), media_type.into());
        self.blobs.entry(digest).or_insert(blob.into());
    }
}

/// Digest and media type of an image's config. The identity of an image is the digest of its config.
fn config(image: &Image) -> Option<(String, &'static str)> {
    let id = image.docker_image_metadata.as_ref()?["Id"]
        .as_str()
        .filter(|id| id.contains(':'))?;
    let oci = image.docker_image_manifest_media_type == ManifestType::OciManifest.as_str();
    Some((
        id.to_owned(),
        if oci { config_types::OCI } else { config_types::DOCKER },
    ))
}
