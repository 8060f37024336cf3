use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use uuid::Uuid;
use weir_oci::{Digest, RepositoryName};

use crate::port::{BlobStream, DeleteBlobs, IngestBlobs, LinkBlobs, LinkKind, ReadBlobs, StatBlobs, Upload};
use crate::reader::checked_range;
use crate::{BlobReader, IngestError, LinkError, ReadError, StorageError, UPLOAD_LIFETIME, UPLOADS};

/// Keeps everything in memory. For tests of what stands on a blob store.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    blobs: HashMap<Digest, Bytes>,
    links: BTreeSet<(String, LinkKind, Digest)>,
    uploads: HashMap<Upload, Session>,
}

struct Session {
    content: Vec<u8>,
    busy: bool,
    touched: SystemTime,
}

impl MemoryStore {
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn claim(&self, upload: &Upload, at: Option<u64>) -> Result<(), IngestError> {
        let mut state = self.state();
        let session = state.uploads.get_mut(upload).ok_or(IngestError::UploadUnknown)?;
        let expected = session.content.len() as u64;
        match at {
            _ if session.busy => Err(IngestError::UploadBusy),
            Some(given) if given != expected => Err(IngestError::Offset { expected, given }),
            _ => {
                session.busy = true;
                Ok(())
            }
        }
    }

    fn release(&self, upload: &Upload, received: &[u8]) -> Result<u64, IngestError> {
        let mut state = self.state();
        let session = state.uploads.get_mut(upload).ok_or(IngestError::UploadUnknown)?;
        session.busy = false;
        session.touched = SystemTime::now();
        session.content.extend_from_slice(received);
        Ok(session.content.len() as u64)
    }
}

impl State {
    fn store(
        &mut self,
        repository: &RepositoryName,
        kind: LinkKind,
        digest: &Digest,
        content: Bytes,
    ) -> Result<(), IngestError> {
        let actual = Digest::of(digest.algorithm(), &content);
        if actual != *digest {
            return Err(IngestError::DigestMismatch {
                expected: digest.clone(),
                actual,
            });
        }
        self.blobs.insert(digest.clone(), content);
        self.links.insert((repository.to_string(), kind, digest.clone()));
        Ok(())
    }
}

#[async_trait]
impl StatBlobs for MemoryStore {
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>, StorageError> {
        Ok(self.state().blobs.get(digest).map(|content| content.len() as u64))
    }
}

#[async_trait]
impl ReadBlobs for MemoryStore {
    async fn open(&self, digest: &Digest, range: Option<Range<u64>>) -> Result<BlobReader, ReadError> {
        let content = self.state().blobs.get(digest).cloned().ok_or(ReadError::Unknown)?;
        let size = content.len() as u64;
        let range = checked_range(range, size)?;
        let part = content.slice(range.start as usize..range.end as usize);
        Ok(BlobReader {
            size,
            range,
            bytes: futures::stream::iter([Ok(part)]).boxed(),
        })
    }
}

#[async_trait]
impl IngestBlobs for MemoryStore {
    async fn start_upload(&self, repository: &RepositoryName) -> Result<Upload, IngestError> {
        let mut state = self.state();
        if state.uploads.len() >= UPLOADS {
            return Err(IngestError::TooManyUploads);
        }
        let upload = Upload {
            repository: repository.clone(),
            id: Uuid::new_v4(),
        };
        state.uploads.insert(
            upload.clone(),
            Session {
                content: Vec::new(),
                busy: false,
                touched: SystemTime::now(),
            },
        );
        Ok(upload)
    }

    async fn upload_offset(&self, upload: &Upload) -> Result<u64, IngestError> {
        self.state()
            .uploads
            .get(upload)
            .map(|session| session.content.len() as u64)
            .ok_or(IngestError::UploadUnknown)
    }

    async fn append(&self, upload: &Upload, at: Option<u64>, mut content: BlobStream) -> Result<u64, IngestError> {
        self.claim(upload, at)?;
        let mut received = Vec::new();
        while let Some(piece) = content.next().await {
            match piece {
                Ok(piece) => received.extend_from_slice(&piece),
                Err(error) => {
                    self.release(upload, &received)?;
                    return Err(IngestError::Body(error.into()));
                }
            }
        }
        self.release(upload, &received)
    }

    async fn finish_upload(&self, upload: &Upload, digest: &Digest) -> Result<u64, IngestError> {
        let mut state = self.state();
        let session = state.uploads.remove(upload).ok_or(IngestError::UploadUnknown)?;
        let size = session.content.len() as u64;
        state.store(&upload.repository, LinkKind::Blob, digest, session.content.into())?;
        Ok(size)
    }

    async fn cancel_upload(&self, upload: &Upload) -> Result<(), IngestError> {
        self.state()
            .uploads
            .remove(upload)
            .map(|_| ())
            .ok_or(IngestError::UploadUnknown)
    }

    async fn put(
        &self,
        repository: &RepositoryName,
        kind: LinkKind,
        digest: &Digest,
        content: Bytes,
    ) -> Result<(), IngestError> {
        self.state().store(repository, kind, digest, content)
    }

    async fn sweep(&self, now: SystemTime) -> Result<usize, StorageError> {
        let mut state = self.state();
        let before = state.uploads.len();
        let idle = |session: &Session| now.duration_since(session.touched).unwrap_or_default();
        state.uploads.retain(|_, session| idle(session) < UPLOAD_LIFETIME);
        Ok(before - state.uploads.len())
    }
}

#[async_trait]
impl LinkBlobs for MemoryStore {
    async fn link(&self, repository: &RepositoryName, kind: LinkKind, digest: &Digest) -> Result<(), LinkError> {
        let mut state = self.state();
        if !state.blobs.contains_key(digest) {
            return Err(LinkError::BlobUnknown);
        }
        state.links.insert((repository.to_string(), kind, digest.clone()));
        Ok(())
    }

    async fn unlink(&self, repository: &RepositoryName, kind: LinkKind, digest: &Digest) -> Result<bool, LinkError> {
        Ok(self
            .state()
            .links
            .remove(&(repository.to_string(), kind, digest.clone())))
    }

    async fn is_linked(
        &self,
        repository: &RepositoryName,
        kind: LinkKind,
        digest: &Digest,
    ) -> Result<bool, StorageError> {
        Ok(self
            .state()
            .links
            .contains(&(repository.to_string(), kind, digest.clone())))
    }

    async fn links(&self, repository: &RepositoryName, kind: LinkKind) -> Result<Vec<Digest>, StorageError> {
        let state = self.state();
        let ours = state
            .links
            .iter()
            .filter(|(owner, of, _)| owner == repository.as_str() && *of == kind);
        Ok(ours.map(|(_, _, digest)| digest.clone()).collect())
    }
}

#[async_trait]
impl DeleteBlobs for MemoryStore {
    async fn delete(&self, digest: &Digest) -> Result<bool, StorageError> {
        Ok(self.state().blobs.remove(digest).is_some())
    }
}
