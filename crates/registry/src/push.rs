use bytes::Bytes;
use serde_json::{Value, json};
use weir_blobstore::{BlobStore, LinkKind};
use weir_oci::limits::CONFIG_BYTES;
use weir_oci::{Descriptor, Digest, ErrorCode, ImageIndex, ImageManifest, Manifest, RepositoryName, config_types};

use crate::answer::Problem;
use crate::image::PushedImage;
use crate::streams::Streams;
use crate::visibility::{blob_is_visible, manifest_is_visible};

/// Configs up to this size are sent to the API with the manifest, so that it can describe the image; its bodies are
/// bounded at 3 MiB, and escaping may double a config. Real configs have a few KiB.
const SENT_CONFIG_BYTES: usize = 1024 * 1024;

/// Checks a pushed manifest and stores it: a manifest is in the registry only when everything it names is.
pub(crate) async fn accept(
    blobs: &dyn BlobStore,
    streams: &dyn Streams,
    repository: &RepositoryName,
    digest: Option<&Digest>,
    content_type: Option<&str>,
    body: Bytes,
) -> Result<PushedImage, Problem> {
    let digest = match digest {
        Some(digest) if digest.matches(&body) => digest.clone(),
        Some(_) => {
            return Err(Problem::new(
                ErrorCode::DigestInvalid,
                "the manifest does not have the digest it is pushed under",
            ));
        }
        None => Digest::sha256_of(&body),
    };
    let manifest = Manifest::parse(&body, content_type)
        .map_err(|error| Problem::new(ErrorCode::ManifestInvalid, error.to_string()))?;
    let missing = match &manifest {
        Manifest::Image(image) => missing_blobs(blobs, streams, repository, image).await?,
        Manifest::Index(index) => missing_manifests(blobs, streams, repository, index).await?,
    };
    if !missing.is_empty() {
        let message = "the manifest names content that is not in this repository; push it first";
        return Err(Problem::new(ErrorCode::ManifestBlobUnknown, message).with_detail(missing));
    }
    let config = config(blobs, &manifest).await?;
    blobs.put(repository, LinkKind::Manifest, &digest, body.clone()).await?;
    Ok(PushedImage {
        repository: repository.clone(),
        digest,
        manifest,
        body,
        config,
    })
}

/// The blobs of an image that are not here, as details of the answer.
async fn missing_blobs(
    blobs: &dyn BlobStore,
    streams: &dyn Streams,
    repository: &RepositoryName,
    image: &ImageManifest,
) -> Result<Vec<Value>, Problem> {
    let mut missing = Vec::new();
    for blob in image.required_blobs() {
        if !blob_is_visible(blobs, streams, repository, &blob.digest).await? {
            missing.push(json!({"digest": blob.digest}));
            continue;
        }
        match blobs.stat(&blob.digest).await? {
            None => missing.push(json!({"digest": blob.digest})),
            Some(size) if size != blob.size => return Err(wrong_size(blob, size)),
            // From now on the repository has it, whatever becomes of the stream that lent it.
            Some(_) => blobs.link(repository, LinkKind::Blob, &blob.digest).await?,
        }
    }
    Ok(missing)
}

async fn missing_manifests(
    blobs: &dyn BlobStore,
    streams: &dyn Streams,
    repository: &RepositoryName,
    index: &ImageIndex,
) -> Result<Vec<Value>, Problem> {
    let mut missing = Vec::new();
    for entry in &index.manifests {
        let visible = manifest_is_visible(blobs, streams, repository, &entry.digest).await?;
        match blobs.stat(&entry.digest).await? {
            Some(size) if visible && size == entry.size => {}
            Some(size) if visible => return Err(wrong_size(entry, size)),
            _ => missing.push(json!({"digest": entry.digest})),
        }
    }
    Ok(missing)
}

fn wrong_size(descriptor: &Descriptor, size: u64) -> Problem {
    let Descriptor { digest, size: said, .. } = descriptor;
    let message = format!("the manifest says that {digest} has {said} bytes; it has {size}");
    Problem::new(ErrorCode::ManifestInvalid, message)
}

/// The config of an image, for the API. Artifacts that are no images have none that would mean anything to it.
async fn config(blobs: &dyn BlobStore, manifest: &Manifest) -> Result<Option<Bytes>, Problem> {
    let Manifest::Image(image) = manifest else {
        return Ok(None);
    };
    let descriptor = &image.config;
    if !matches!(descriptor.media_type.as_str(), config_types::DOCKER | config_types::OCI) {
        return Ok(None);
    }
    if descriptor.size > CONFIG_BYTES as u64 {
        let message = format!(
            "the image config has {} bytes; at most {CONFIG_BYTES} are accepted",
            descriptor.size
        );
        return Err(Problem::new(ErrorCode::ManifestInvalid, message));
    }
    if descriptor.size > SENT_CONFIG_BYTES as u64 {
        tracing::warn!(digest = %descriptor.digest, size = descriptor.size, "an image config is too large to be described in the API");
        return Ok(None);
    }
    Ok(Some(blobs.open(&descriptor.digest, None).await?.collect().await?))
}
