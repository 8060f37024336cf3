use bytes::Bytes;
use weir_oci::limits::CONFIG_BYTES;
use weir_oci::{ImageManifest, Manifest, Platform};

use crate::{FetchError, FetchedManifest, RegistryClient, Selector, Source};

/// One image of one platform, with what is needed to describe it.
#[derive(Clone, Debug)]
pub struct FetchedImage {
    pub digest: weir_oci::Digest,
    pub manifest: ImageManifest,
    pub body: Bytes,
    /// The config blob; its digest has been checked.
    pub config: Bytes,
}

/// Fetches the image that `which` names. Of an index, the manifest for the first of `platforms` that it has (then
/// linux/amd64, then the first) is taken, and the result's digest is that manifest's.
pub async fn fetch_image(
    client: &dyn RegistryClient,
    from: &Source,
    which: &Selector,
    platforms: &[Platform],
) -> Result<FetchedImage, FetchError> {
    let fetched = client.fetch_manifest(from, which).await?;
    resolve_image(client, from, fetched, platforms).await
}

/// The same for a manifest that was fetched already.
pub async fn resolve_image(
    client: &dyn RegistryClient,
    from: &Source,
    fetched: FetchedManifest,
    platforms: &[Platform],
) -> Result<FetchedImage, FetchError> {
    let FetchedManifest { digest, manifest, body } = match &fetched.manifest {
        Manifest::Image(_) => fetched,
        Manifest::Index(index) => {
            let entry = index.select(platforms).ok_or(FetchError::EmptyIndex)?;
            client
                .fetch_manifest(from, &Selector::Digest(entry.digest.clone()))
                .await?
        }
    };
    let Manifest::Image(manifest) = manifest else {
        return Err(FetchError::NestedIndex);
    };
    let config = client.fetch_blob(from, &manifest.config.digest, CONFIG_BYTES).await?;
    Ok(FetchedImage {
        digest,
        manifest,
        body,
        config,
    })
}
