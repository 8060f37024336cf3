use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex as Table, MutexGuard, PoisonError};

use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};
use uuid::Uuid;
use weir_oci::{Algorithm, Digest, Hasher, RepositoryName};

use super::append;
use super::files::blocking;
use crate::port::Upload;
use crate::{IngestError, StorageError, UPLOADS};

/// What is read at once when a file is hashed again.
const READ_BYTES: usize = 256 * 1024;

/// Uploads in progress: a file for each, and its running hash in memory. After a restart the hash is computed again from
/// the file when the upload goes on.
pub(super) struct Uploads {
    directory: PathBuf,
    sessions: Table<HashMap<Upload, Arc<Mutex<Session>>>>,
    /// Places for those who write to the disk at the moment.
    pub(super) writers: Arc<Semaphore>,
}

/// An upload's state, owned by one request at a time.
pub(super) struct Session {
    pub file: Arc<File>,
    pub path: PathBuf,
    pub offset: u64,
    /// Of what is in the file, with the algorithm that nearly everybody uses.
    pub hasher: Hasher,
    /// It has been finished or cancelled; whoever still holds it must not go on.
    ended: bool,
}

impl Uploads {
    pub(super) fn new(directory: PathBuf) -> Uploads {
        Uploads {
            directory,
            sessions: Table::default(),
            writers: Arc::new(Semaphore::new(append::WRITERS)),
        }
    }

    pub(super) async fn start(&self, repository: &RepositoryName) -> Result<Upload, IngestError> {
        if self.sessions().len() >= UPLOADS {
            return Err(IngestError::TooManyUploads);
        }
        let upload = Upload {
            repository: repository.clone(),
            id: Uuid::new_v4(),
        };
        let path = self.path(&upload);
        let session = blocking("starting an upload", move || {
            let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
            Ok(Session {
                file: Arc::new(file),
                path,
                offset: 0,
                hasher: Hasher::new(Algorithm::Sha256),
                ended: false,
            })
        });
        let session = Arc::new(Mutex::new(session.await?));
        self.sessions().insert(upload.clone(), session);
        Ok(upload)
    }

    pub(super) async fn offset(&self, upload: &Upload) -> Result<u64, IngestError> {
        Ok(self.claim(upload).await?.offset)
    }

    pub(super) async fn cancel(&self, upload: &Upload) -> Result<(), IngestError> {
        let session = self.claim(upload).await?;
        Ok(self.remove(upload, session).await?)
    }

    /// Takes an upload for one request.
    pub(super) async fn claim(&self, upload: &Upload) -> Result<OwnedMutexGuard<Session>, IngestError> {
        let known = self.sessions().get(upload).cloned();
        let session = match known {
            Some(session) => session,
            None => self.resume(upload).await?,
        };
        let session = session.try_lock_owned().map_err(|_| IngestError::UploadBusy)?;
        if session.ended {
            Err(IngestError::UploadUnknown)
        } else {
            Ok(session)
        }
    }

    /// Ends an upload and removes its file.
    pub(super) async fn remove(
        &self,
        upload: &Upload,
        mut session: OwnedMutexGuard<Session>,
    ) -> Result<(), StorageError> {
        self.end(upload, &mut session);
        let path = session.path.clone();
        blocking("removing an upload", move || remove_if_there(&path)).await
    }

    /// Ends an upload whose file has become a blob.
    pub(super) fn end(&self, upload: &Upload, session: &mut Session) {
        session.ended = true;
        self.sessions().remove(upload);
    }

    /// Forgets sessions whose files are gone, unless a request has them.
    pub(super) fn forget_idle(&self, removed: &[PathBuf]) {
        self.sessions().retain(|_, session| match session.try_lock() {
            Ok(mut session) if removed.contains(&session.path) => {
                session.ended = true;
                false
            }
            _ => true,
        });
    }

    /// Files of uploads that a request is working on.
    pub(super) fn busy(&self) -> Vec<PathBuf> {
        let sessions = self.sessions();
        sessions
            .iter()
            .filter(|(_, session)| session.try_lock().is_err())
            .map(|(upload, _)| self.path(upload))
            .collect()
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// An upload from before the last restart.
    async fn resume(&self, upload: &Upload) -> Result<Arc<Mutex<Session>>, IngestError> {
        let path = self.path(upload);
        let resumed = blocking("resuming an upload", move || {
            match OpenOptions::new().read(true).write(true).open(&path) {
                Ok(file) => hash_again(file, path).map(Some),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        });
        let session = resumed.await?.ok_or(IngestError::UploadUnknown)?;
        let mut sessions = self.sessions();
        if sessions.len() >= UPLOADS {
            return Err(IngestError::TooManyUploads);
        }
        // Somebody may have been faster.
        Ok(sessions
            .entry(upload.clone())
            .or_insert_with(|| Arc::new(Mutex::new(session)))
            .clone())
    }

    /// The name holds the owner, so that an id is worth nothing in another repository.
    fn path(&self, upload: &Upload) -> PathBuf {
        let owner = Digest::sha256_of(upload.repository.as_str().as_bytes());
        self.directory.join(format!("{}.{}", upload.id, &owner.hex()[..16]))
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<Upload, Arc<Mutex<Session>>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash_again(file: File, path: PathBuf) -> io::Result<Session> {
    let (hasher, offset) = hash(&file, Algorithm::Sha256)?;
    Ok(Session {
        file: Arc::new(file),
        path,
        offset,
        hasher,
        ended: false,
    })
}

/// Hashes a whole file. Returns its length too.
pub(super) fn hash(file: &File, algorithm: Algorithm) -> io::Result<(Hasher, u64)> {
    let mut hasher = Hasher::new(algorithm);
    let mut buffer = vec![0; READ_BYTES];
    let mut offset = 0;
    loop {
        let count = file.read_at(&mut buffer, offset)?;
        if count == 0 {
            return Ok((hasher, offset));
        }
        hasher.update(&buffer[..count]);
        offset += count as u64;
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
