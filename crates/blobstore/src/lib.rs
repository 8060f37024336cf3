//! Where blobs are kept: content by digest, and which repositories may read it.
//!
//! The port is a set of small roles ([`StatBlobs`], [`ReadBlobs`], [`IngestBlobs`], [`LinkBlobs`], [`DeleteBlobs`]);
//! [`BlobStore`] is all of them. [`DiskStore`] keeps blobs on a local disk, [`MemoryStore`] in memory; both pass the
//! contract suite in `tests/contract.rs`.
//!
//! ```text
//! start_upload -> append* (hashed while it is written) -> finish_upload: digest right? durable? -> blob + link
//! open -> length right? -> pieces -> digest right? -> last piece
//! ```

mod disk;
mod error;
mod memory;
mod port;
mod reader;

pub use disk::{DiskStore, DiskStoreConfig, OpenError};
pub use error::{IngestError, LinkError, ReadError, StorageError};
pub use memory::MemoryStore;
pub use port::{BlobStore, BlobStream, DeleteBlobs, IngestBlobs, LinkBlobs, LinkKind, ReadBlobs, StatBlobs, Upload};
pub use reader::BlobReader;

/// How long an upload may pause before it is forgotten.
pub const UPLOAD_LIFETIME: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);
/// Uploads that are open at the same time. Each costs a file and a few hundred bytes of memory.
pub const UPLOADS: usize = 10_000;
