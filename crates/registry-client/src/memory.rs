use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use weir_oci::{Digest, Manifest, Reference, Tag};

use crate::{BlobStream, Credentials, FetchError, FetchedManifest, RegistryClient, Selector, Source};

/// Registries that exist only in this process. Repositories are known by host and path, with Docker's defaults.
#[derive(Default)]
pub struct MemoryRegistries {
    repositories: Mutex<HashMap<String, Repository>>,
}

#[derive(Default)]
struct Repository {
    manifests: HashMap<Digest, Bytes>,
    tags: BTreeMap<Tag, Digest>,
    blobs: HashMap<Digest, Bytes>,
    credentials: Option<Credentials>,
    insecure_only: bool,
    /// Every request is answered with this status.
    failing: Option<u16>,
}

impl MemoryRegistries {
    pub fn new() -> MemoryRegistries {
        MemoryRegistries::default()
    }

    /// Adds a blob and returns its digest.
    pub fn add_blob(&self, repository: &Reference, bytes: impl Into<Bytes>) -> Digest {
        let bytes = bytes.into();
        let digest = Digest::sha256_of(&bytes);
        self.change(repository, |repository| repository.blobs.insert(digest.clone(), bytes));
        digest
    }

    /// Adds a manifest, and moves `tag` to it if there is one.
    pub fn add_manifest(&self, repository: &Reference, tag: Option<&Tag>, body: impl Into<Bytes>) -> Digest {
        let body = body.into();
        let digest = Digest::sha256_of(&body);
        self.change(repository, |repository| {
            repository.manifests.insert(digest.clone(), body);
            if let Some(tag) = tag {
                repository.tags.insert(tag.clone(), digest.clone());
            }
        });
        digest
    }

    /// From now on the repository asks for these credentials.
    pub fn require_credentials(&self, repository: &Reference, credentials: Credentials) {
        self.change(repository, |repository| repository.credentials = Some(credentials));
    }

    /// From now on the repository speaks plain HTTP only.
    pub fn make_insecure(&self, repository: &Reference) {
        self.change(repository, |repository| repository.insecure_only = true);
    }

    /// From now on the repository answers every request with this status; `None` heals it.
    pub fn fail_with(&self, repository: &Reference, status: Option<u16>) {
        self.change(repository, |repository| repository.failing = status);
    }

    fn change<T>(&self, repository: &Reference, change: impl FnOnce(&mut Repository) -> T) -> T {
        let mut repositories = self
            .repositories
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        change(repositories.entry(key(repository)).or_default())
    }

    fn read<T>(&self, from: &Source, read: impl FnOnce(&Repository) -> Option<T>) -> Result<T, FetchError> {
        let repositories = self
            .repositories
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let repository = repositories.get(&key(&from.repository)).ok_or(FetchError::NotFound)?;
        if repository.insecure_only && !from.insecure {
            return Err(FetchError::HttpOnly);
        }
        match repository.failing {
            Some(429) => return Err(FetchError::RateLimited { retry_after: None }),
            Some(status) => return Err(FetchError::Server { status, code: None }),
            None => {}
        }
        match (&repository.credentials, from.keyring.find(&from.repository)) {
            (Some(_), None) => return Err(FetchError::Unauthorized { had_credentials: false }),
            (Some(wanted), Some(given)) if wanted != given => return Err(FetchError::WrongCredentials),
            _ => {}
        }
        read(repository).ok_or(FetchError::NotFound)
    }

    fn blob(&self, from: &Source, digest: &Digest) -> Result<Bytes, FetchError> {
        self.read(from, |repository| repository.blobs.get(digest).cloned())
    }
}

#[async_trait]
impl RegistryClient for MemoryRegistries {
    async fn fetch_manifest(&self, from: &Source, which: &Selector) -> Result<FetchedManifest, FetchError> {
        let (digest, body) = self.read(from, |repository| {
            let digest = match which {
                Selector::Digest(digest) => digest,
                Selector::Tag(tag) => repository.tags.get(tag)?,
            };
            Some((digest.clone(), repository.manifests.get(digest)?.clone()))
        })?;
        let manifest = Manifest::parse(&body, None)?;
        Ok(FetchedManifest { digest, manifest, body })
    }

    async fn list_tags(&self, from: &Source) -> Result<Vec<Tag>, FetchError> {
        self.read(from, |repository| Some(repository.tags.keys().cloned().collect()))
    }

    async fn fetch_blob(&self, from: &Source, digest: &Digest, limit: usize) -> Result<Bytes, FetchError> {
        let bytes = self.blob(from, digest)?;
        if bytes.len() > limit {
            return Err(FetchError::TooLarge {
                what: "blob",
                limit: limit as u64,
            });
        }
        Ok(bytes)
    }

    async fn stream_blob(&self, from: &Source, digest: &Digest) -> Result<BlobStream, FetchError> {
        let bytes = self.blob(from, digest)?;
        Ok(BlobStream {
            size: Some(bytes.len() as u64),
            bytes: futures::stream::iter([Ok(bytes)]).boxed(),
        })
    }
}

fn key(repository: &Reference) -> String {
    format!("{}/{}", repository.registry_host(), repository.repository_path())
}
