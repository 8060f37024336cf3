use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use weir_oci::{Algorithm, Digest};

use super::OpenError;
use crate::StorageError;

/// The directories of a store, and the names in them.
pub(super) struct Files {
    directory: PathBuf,
    sha256: Arc<File>,
    sha512: Arc<File>,
}

/// Open directories, to flush the names in them.
#[derive(Clone)]
pub(super) struct BlobDirectories {
    sha256: Arc<File>,
    sha512: Arc<File>,
}

impl Files {
    pub(super) fn create(directory: &Path) -> Result<Files, OpenError> {
        let failed = |source| OpenError::Directory {
            path: directory.into(),
            source,
        };
        let open = |algorithm: Algorithm| {
            let path = directory.join("blobs").join(algorithm.as_str());
            fs::create_dir_all(&path)?;
            File::open(path)
        };
        let sha256 = open(Algorithm::Sha256).map_err(failed)?;
        let sha512 = open(Algorithm::Sha512).map_err(failed)?;
        for name in ["uploads", "damaged"] {
            fs::create_dir_all(directory.join(name)).map_err(failed)?;
        }
        // The directories must be there before anything in them counts as durable.
        for path in [directory.join("blobs"), directory.to_path_buf()] {
            File::open(path)
                .and_then(|directory| directory.sync_all())
                .map_err(failed)?;
        }
        Ok(Files {
            directory: directory.into(),
            sha256: Arc::new(sha256),
            sha512: Arc::new(sha512),
        })
    }

    pub(super) fn blob_directories(&self) -> BlobDirectories {
        BlobDirectories {
            sha256: self.sha256.clone(),
            sha512: self.sha512.clone(),
        }
    }

    pub(super) fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.directory
            .join("blobs")
            .join(digest.algorithm().as_str())
            .join(digest.hex())
    }

    pub(super) fn blobs_of(&self, algorithm: Algorithm) -> PathBuf {
        self.directory.join("blobs").join(algorithm.as_str())
    }

    /// A new name for damaged content, so that what was set aside before stays too.
    pub(super) fn damaged_path(&self, digest: &Digest) -> PathBuf {
        self.directory
            .join("damaged")
            .join(format!("{}.{}", digest.hex(), uuid::Uuid::new_v4()))
    }

    /// A name for content that is written in one go.
    pub(super) fn temporary_path(&self) -> PathBuf {
        self.directory
            .join("uploads")
            .join(format!("{}.put", uuid::Uuid::new_v4()))
    }
}

impl BlobDirectories {
    pub(super) fn sync(&self, algorithm: Algorithm) -> io::Result<()> {
        match algorithm {
            Algorithm::Sha256 => self.sha256.sync_all(),
            Algorithm::Sha512 => self.sha512.sync_all(),
        }
    }
}

/// Runs file operations where they may block.
pub(super) async fn blocking<T, F>(doing: &'static str, work: F) -> Result<T, StorageError>
where
    T: Send + 'static,
    F: FnOnce() -> io::Result<T> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(StorageError::io(doing)),
        Err(error) => Err(StorageError::io(doing)(io::Error::other(error))),
    }
}
