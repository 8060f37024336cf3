use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::RwLock;
use weir_oci::{Digest, RepositoryName};

use crate::port::{BlobStream, DeleteBlobs, IngestBlobs, LinkBlobs, LinkKind, ReadBlobs, StatBlobs, Upload};
use crate::{BlobReader, IngestError, LinkError, ReadError, StorageError};

mod append;
mod files;
mod index;
mod ingest;
mod journal;
mod read;
mod record;
mod recovery;
mod sweep;
mod uploads;

use files::Files;
use journal::Journal;
use record::Record;
use uploads::Uploads;

/// Content up to this size is kept in the journal itself: it is durable with one flush that it shares with its link and
/// with whatever else is written at the moment. Configs, manifests and most layers of code fit.
const PACKED_BYTES: u64 = 256 * 1024;

/// Blobs on a local disk.
///
/// ```text
/// DIR/journal            what is here and who may read it, append-only, checksummed; small content inside
/// DIR/blobs/sha256/HEX   large content, verified before it gets this name
/// DIR/uploads/ID.OWNER   uploads in progress
/// DIR/damaged/           content that was found damaged
/// ```
///
/// The journal is the truth: a file in `blobs` that it does not name is left over from an interrupted write.
pub struct DiskStore {
    shared: Arc<Shared>,
}

#[derive(Clone, Debug)]
pub struct DiskStoreConfig {
    pub directory: PathBuf,
    /// Larger blobs are refused.
    pub max_blob_bytes: u64,
}

/// Why the store cannot be opened. It never starts empty by itself.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot use the blob directory {path}: {source}")]
    Directory { path: PathBuf, source: io::Error },
    #[error("the blob directory {0} is in use by another process")]
    InUse(PathBuf),
    #[error("{0} is not a blob journal of a version this program knows")]
    Format(PathBuf),
    #[error(
        "the blob journal {path} is damaged at byte {offset}, and there is valid data after it; restore it from a backup, or cut it there to lose what follows"
    )]
    Damaged { path: PathBuf, offset: u64 },
}

struct Shared {
    config: DiskStoreConfig,
    files: Files,
    journal: Journal,
    uploads: Uploads,
    /// Held for reading while a file gets its place and its record; for writing while files are taken away.
    placement: RwLock<()>,
}

impl DiskStore {
    /// Opens the store in a directory, which is made if need be. Blocks while the journal is read.
    pub fn open(config: DiskStoreConfig) -> Result<DiskStore, OpenError> {
        let files = Files::create(&config.directory)?;
        let (index, end, journal) = recovery::recover(&config.directory)?;
        let journal =
            Journal::start(journal, index, end, files.blob_directories()).map_err(|source| OpenError::Directory {
                path: config.directory.clone(),
                source,
            })?;
        let uploads = Uploads::new(config.directory.join("uploads"));
        Ok(DiskStore {
            shared: Arc::new(Shared {
                config,
                files,
                journal,
                uploads,
                placement: RwLock::default(),
            }),
        })
    }

    pub fn directory(&self) -> &Path {
        &self.shared.config.directory
    }
}

#[async_trait]
impl StatBlobs for DiskStore {
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>, StorageError> {
        Ok(self.shared.journal.index().place(digest).map(|place| place.size()))
    }
}

#[async_trait]
impl ReadBlobs for DiskStore {
    async fn open(&self, digest: &Digest, range: Option<Range<u64>>) -> Result<BlobReader, ReadError> {
        read::open(&self.shared, digest, range).await
    }
}

#[async_trait]
impl IngestBlobs for DiskStore {
    async fn start_upload(&self, repository: &RepositoryName) -> Result<Upload, IngestError> {
        self.shared.uploads.start(repository).await
    }

    async fn upload_offset(&self, upload: &Upload) -> Result<u64, IngestError> {
        self.shared.uploads.offset(upload).await
    }

    async fn append(&self, upload: &Upload, at: Option<u64>, content: BlobStream) -> Result<u64, IngestError> {
        append::append(&self.shared, upload, at, content).await
    }

    async fn finish_upload(&self, upload: &Upload, digest: &Digest) -> Result<u64, IngestError> {
        ingest::finish(&self.shared, upload, digest).await
    }

    async fn cancel_upload(&self, upload: &Upload) -> Result<(), IngestError> {
        self.shared.uploads.cancel(upload).await
    }

    async fn put(
        &self,
        repository: &RepositoryName,
        kind: LinkKind,
        digest: &Digest,
        content: Bytes,
    ) -> Result<(), IngestError> {
        ingest::put(&self.shared, repository, kind, digest, content).await
    }

    async fn sweep(&self, now: SystemTime) -> Result<usize, StorageError> {
        sweep::sweep(&self.shared, now).await
    }
}

#[async_trait]
impl LinkBlobs for DiskStore {
    async fn link(&self, repository: &RepositoryName, kind: LinkKind, digest: &Digest) -> Result<(), LinkError> {
        {
            let index = self.shared.journal.index();
            if index.place(digest).is_none() {
                return Err(LinkError::BlobUnknown);
            }
            if index.is_linked(repository, kind, digest) {
                return Ok(());
            }
        }
        let record = Record::Link {
            repository: repository.clone(),
            kind,
            digest: digest.clone(),
        };
        Ok(self.shared.journal.commit(vec![record], None).await?)
    }

    async fn unlink(&self, repository: &RepositoryName, kind: LinkKind, digest: &Digest) -> Result<bool, LinkError> {
        if !self.shared.journal.index().is_linked(repository, kind, digest) {
            return Ok(false);
        }
        let record = Record::Unlink {
            repository: repository.clone(),
            kind,
            digest: digest.clone(),
        };
        self.shared.journal.commit(vec![record], None).await?;
        Ok(true)
    }

    async fn is_linked(
        &self,
        repository: &RepositoryName,
        kind: LinkKind,
        digest: &Digest,
    ) -> Result<bool, StorageError> {
        Ok(self.shared.journal.index().is_linked(repository, kind, digest))
    }

    async fn links(&self, repository: &RepositoryName, kind: LinkKind) -> Result<Vec<Digest>, StorageError> {
        Ok(self.shared.journal.index().links(repository, kind))
    }
}

#[async_trait]
impl DeleteBlobs for DiskStore {
    async fn delete(&self, digest: &Digest) -> Result<bool, StorageError> {
        let _placing = self.shared.placement.write().await;
        let Some(place) = self.shared.journal.index().place(digest) else {
            return Ok(false);
        };
        self.shared
            .journal
            .commit(vec![Record::Forget { digest: digest.clone() }], None)
            .await?;
        if place.is_file() {
            let path = self.shared.files.blob_path(digest);
            files::blocking("removing a blob", move || std::fs::remove_file(path)).await?;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
