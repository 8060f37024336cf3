use weir_blobstore::{BlobStore, LinkKind};
use weir_oci::{Digest, RepositoryName};

use crate::answer::Problem;
use crate::streams::Streams;

/// May this blob be read in this repository? Yes, if it was pushed or mounted there, or belongs to an image that its
/// stream has. Knowing a digest is not enough.
pub(crate) async fn blob_is_visible(
    blobs: &dyn BlobStore,
    streams: &dyn Streams,
    repository: &RepositoryName,
    digest: &Digest,
) -> Result<bool, Problem> {
    if blobs.is_linked(repository, LinkKind::Blob, digest).await? {
        return Ok(true);
    }
    // A blob that is nowhere is in no listing that helps; the API need not be asked.
    Ok(blobs.stat(digest).await?.is_some() && streams.layers(repository).await?.contains(digest))
}

/// May this manifest be read here? Yes, if it was pushed here, or the stream's history has it or an index that lists it.
pub(crate) async fn manifest_is_visible(
    blobs: &dyn BlobStore,
    streams: &dyn Streams,
    repository: &RepositoryName,
    digest: &Digest,
) -> Result<bool, Problem> {
    if blobs.is_linked(repository, LinkKind::Manifest, digest).await? {
        return Ok(true);
    }
    Ok(streams.knows_image(repository, digest).await?)
}
