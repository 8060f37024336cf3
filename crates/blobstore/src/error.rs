use std::io;
use std::ops::Range;
use std::sync::Arc;

use weir_oci::Digest;

/// The storage itself fails. Cloneable, because one failed flush fails everybody who waited for it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StorageError {
    #[error("no space is left for blobs; free some space on the disk of the data directory")]
    NoSpace,
    /// After a failed flush nothing written before can be trusted, so nothing more is written.
    #[error("the blob store has stopped writing after an I/O error; restart when the disk is repaired")]
    Stopped,
    #[error("{doing}: {source}")]
    Io {
        doing: &'static str,
        source: Arc<io::Error>,
    },
}

/// Why a blob cannot be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the blob is not known")]
    Unknown,
    #[error("bytes {}-{} are not in a blob of {size} bytes", .range.start, .range.end)]
    Range { range: Range<u64>, size: u64 },
    /// What is stored has not the digest it is stored under. It has been set aside and counts as absent.
    #[error("the stored blob {0} was damaged and has been set aside; push it again")]
    Corrupt(Digest),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why content cannot be taken in.
#[derive(Clone, Debug, thiserror::Error)]
pub enum IngestError {
    #[error("the upload is not known or has expired; start again")]
    UploadUnknown,
    #[error("another request writes to this upload")]
    UploadBusy,
    #[error("too many uploads are open; try again later")]
    TooManyUploads,
    #[error("the upload continues at byte {expected}, not at {given}")]
    Offset { expected: u64, given: u64 },
    #[error("the content has the digest {actual}, not {expected}")]
    DigestMismatch { expected: Digest, actual: Digest },
    #[error("the content is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    /// The sender stopped. What arrived is kept, and the upload can go on from there.
    #[error("the content broke off: {0}")]
    Body(Arc<str>),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a link cannot be changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LinkError {
    #[error("the blob is not known")]
    BlobUnknown,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl StorageError {
    /// An I/O error, told apart by what the caller can do about it. `doing` says what was tried.
    pub(crate) fn io(doing: &'static str) -> impl Fn(io::Error) -> StorageError {
        move |error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                StorageError::NoSpace
            }
            _ => StorageError::Io {
                doing,
                source: Arc::new(error),
            },
        }
    }
}
