use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use weir_oci::{Digest, Manifest, Reference, Tag};

use crate::{FetchError, Keyring};

/// Where to fetch from, and with what rights.
#[derive(Clone, Debug)]
pub struct Source {
    /// Tag and digest of it do not matter.
    pub repository: Reference,
    /// Accept any certificate and, where there is no TLS at all, plain HTTP. Only when somebody asked for it.
    pub insecure: bool,
    pub keyring: Arc<Keyring>,
}

/// Which manifest of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Selector {
    Tag(Tag),
    Digest(Digest),
}

/// A manifest as it was received. The digest is that of the bytes.
#[derive(Clone, Debug)]
pub struct FetchedManifest {
    pub digest: Digest,
    pub manifest: Manifest,
    pub body: Bytes,
}

/// A blob on its way. The last item is an error if the bytes do not have the digest that was asked for.
pub struct BlobStream {
    /// As the registry announced it.
    pub size: Option<u64>,
    pub bytes: BoxStream<'static, Result<Bytes, FetchError>>,
}

/// Reads from registries. Implementations pass the contract suite in this crate's tests.
#[async_trait]
pub trait RegistryClient: Send + Sync + 'static {
    /// Fetches one manifest or index.
    ///
    /// # Errors
    /// [`FetchError::NotFound`] when the repository or the manifest is unknown; what a digest selects must have it, or
    /// [`FetchError::Integrity`] is returned.
    async fn fetch_manifest(&self, from: &Source, which: &Selector) -> Result<FetchedManifest, FetchError>;

    /// All tags of the repository, in the order of the registry. Names that are no tags are left out.
    async fn list_tags(&self, from: &Source) -> Result<Vec<Tag>, FetchError>;

    /// Reads a blob of at most `limit` bytes into memory: configs, not layers.
    async fn fetch_blob(&self, from: &Source, digest: &Digest, limit: usize) -> Result<Bytes, FetchError>;

    /// Reads a blob of any size piece by piece.
    async fn stream_blob(&self, from: &Source, digest: &Digest) -> Result<BlobStream, FetchError>;
}

impl Source {
    /// Without credentials, over verified TLS.
    pub fn anonymous(repository: &Reference) -> Source {
        Source {
            repository: repository.as_repository(),
            insecure: false,
            keyring: Arc::new(Keyring::default()),
        }
    }
}

impl Selector {
    /// What a reference selects: its digest, else its tag, else `latest`.
    pub fn of(reference: &Reference) -> Selector {
        match (reference.digest(), reference.tag()) {
            (Some(digest), _) => Selector::Digest(digest.clone()),
            (None, Some(tag)) => Selector::Tag(tag.clone()),
            (None, None) => Selector::Tag(Tag::latest()),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Selector::Tag(tag) => tag.fmt(f),
            Selector::Digest(digest) => digest.fmt(f),
        }
    }
}
