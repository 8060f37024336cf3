use std::ops::Range;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use uuid::Uuid;
use weir_oci::{Digest, RepositoryName};

use crate::{BlobReader, IngestError, LinkError, ReadError, StorageError};

/// As what a repository has some content. A layer that happens to be JSON is not a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LinkKind {
    Blob,
    Manifest,
}

/// An upload in progress. It is known only to the repository it was started in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Upload {
    pub repository: RepositoryName,
    pub id: Uuid,
}

/// Content on its way in. The error is the sender's, in words.
pub type BlobStream = BoxStream<'static, Result<Bytes, String>>;

#[async_trait]
pub trait StatBlobs: Send + Sync {
    /// The size of a blob, or `None` when it is not here.
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>, StorageError>;
}

#[async_trait]
pub trait ReadBlobs: Send + Sync {
    /// Opens a blob, or a part of it. The length is checked at once; the digest while a whole blob is read.
    ///
    /// # Errors
    /// [`ReadError::Range`] when the part does not lie within the blob or is empty.
    async fn open(&self, digest: &Digest, range: Option<Range<u64>>) -> Result<BlobReader, ReadError>;
}

#[async_trait]
pub trait IngestBlobs: Send + Sync {
    /// Begins an upload.
    async fn start_upload(&self, repository: &RepositoryName) -> Result<Upload, IngestError>;

    /// How many bytes of the upload are here.
    async fn upload_offset(&self, upload: &Upload) -> Result<u64, IngestError>;

    /// Appends to an upload and returns the new offset. With `at`, only if that is where the upload stands.
    ///
    /// # Errors
    /// After [`IngestError::Body`] the upload holds what arrived. A full disk ends the upload, to free its space.
    async fn append(&self, upload: &Upload, at: Option<u64>, content: BlobStream) -> Result<u64, IngestError>;

    /// Ends an upload: its content becomes the blob `digest`, linked to the repository. Returns the size. When this
    /// returns, blob and link are durable.
    ///
    /// # Errors
    /// [`IngestError::DigestMismatch`] ends the upload as well.
    async fn finish_upload(&self, upload: &Upload, digest: &Digest) -> Result<u64, IngestError>;

    async fn cancel_upload(&self, upload: &Upload) -> Result<(), IngestError>;

    /// Takes in small content that is in memory already, and links it. When this returns, both are durable.
    async fn put(
        &self,
        repository: &RepositoryName,
        kind: LinkKind,
        digest: &Digest,
        content: Bytes,
    ) -> Result<(), IngestError>;

    /// Forgets uploads that have been idle for [`crate::UPLOAD_LIFETIME`], and what interrupted writes left behind.
    /// Returns how many were removed.
    async fn sweep(&self, now: SystemTime) -> Result<usize, StorageError>;
}

#[async_trait]
pub trait LinkBlobs: Send + Sync {
    /// Lets a repository read a blob that is here. Durable when it returns.
    async fn link(&self, repository: &RepositoryName, kind: LinkKind, digest: &Digest) -> Result<(), LinkError>;

    /// Takes the link away; `false` when there was none.
    async fn unlink(&self, repository: &RepositoryName, kind: LinkKind, digest: &Digest) -> Result<bool, LinkError>;

    async fn is_linked(
        &self,
        repository: &RepositoryName,
        kind: LinkKind,
        digest: &Digest,
    ) -> Result<bool, StorageError>;

    /// What a repository has, sorted by digest.
    async fn links(&self, repository: &RepositoryName, kind: LinkKind) -> Result<Vec<Digest>, StorageError>;
}

#[async_trait]
pub trait DeleteBlobs: Send + Sync {
    /// Removes a blob for all repositories; `false` when it was not here. Links to it stay and lead nowhere.
    async fn delete(&self, digest: &Digest) -> Result<bool, StorageError>;
}

/// Every role. What a component takes says what it does: a reader takes [`ReadBlobs`].
pub trait BlobStore: StatBlobs + ReadBlobs + IngestBlobs + LinkBlobs + DeleteBlobs + 'static {}

impl<T: StatBlobs + ReadBlobs + IngestBlobs + LinkBlobs + DeleteBlobs + 'static> BlobStore for T {}
