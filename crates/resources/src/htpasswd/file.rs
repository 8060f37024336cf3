use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::{EntryError, HashError, Htpasswd, PasswordHash};

/// Ten thousand users with long names and hashes fit easily.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// A file of users that is read again when it has changed. Everything here blocks.
pub struct HtpasswdFile {
    path: PathBuf,
    read: Mutex<Option<(Stamp, Arc<Htpasswd>)>>,
}

/// Why a file of users cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HtpasswdError {
    #[error("the users' file {path} cannot be read: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("the users' file {path} is longer than {MAX_FILE_BYTES} bytes")]
    TooLong { path: PathBuf },
    #[error("the users' file {path} cannot be used: {source}")]
    Entries { path: PathBuf, source: EntryError },
    #[error(transparent)]
    Hash(#[from] HashError),
}

/// Tells one version of the file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl HtpasswdFile {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            read: Mutex::new(None),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The users as the file says now. A file that is not there has none; one that cannot be used is an error and not
    /// what it said before, because somebody may have been removed from it.
    pub fn users(&self) -> Result<Arc<Htpasswd>, HtpasswdError> {
        let mut kept = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let wrong = |source| HtpasswdError::Read {
            path: self.path.clone(),
            source,
        };
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *kept = None;
                return Ok(Arc::default());
            }
            Err(error) => return Err(wrong(error)),
        };
        let stamp = Stamp::of(&file.metadata().map_err(wrong)?);
        if let Some((_, users)) = kept.as_ref().filter(|(known, _)| *known == stamp) {
            return Ok(users.clone());
        }
        *kept = None;
        let users = Arc::new(self.parse(&mut file)?);
        *kept = Some((stamp, users.clone()));
        Ok(users)
    }

    /// Whether `name` is a user with this password. Takes the time of one check also for a name that is not there.
    pub fn verify(&self, name: &str, password: &str) -> Result<bool, HtpasswdError> {
        let users = self.users()?;
        if let Some(hash) = users.hash(name) {
            return Ok(hash.matches(password));
        }
        match users.decoy(name) {
            Some(decoy) => decoy.matches(password),
            None => decoy_without_users()?.matches(password),
        };
        Ok(false)
    }

    fn parse(&self, file: &mut File) -> Result<Htpasswd, HtpasswdError> {
        let mut text = String::new();
        let read = file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text);
        read.map_err(|source| HtpasswdError::Read {
            path: self.path.clone(),
            source,
        })?;
        let path = || self.path.clone();
        if u64::try_from(text.len()).is_ok_and(|length| length > MAX_FILE_BYTES) {
            return Err(HtpasswdError::TooLong { path: path() });
        }
        Htpasswd::parse(&text).map_err(|source| HtpasswdError::Entries { path: path(), source })
    }
}

/// Where there are no users, there is still something to compare with.
fn decoy_without_users() -> Result<&'static PasswordHash, HashError> {
    static DECOY: LazyLock<Result<PasswordHash, HashError>> = LazyLock::new(|| PasswordHash::of("nobody has it"));
    DECOY.as_ref().map_err(Clone::clone)
}

impl Stamp {
    fn of(file: &Metadata) -> Self {
        Self {
            inode: file.ino(),
            length: file.len(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(pairs: &[(&str, &str)]) -> String {
        let mut file = Htpasswd::default();
        for (name, password) in pairs {
            file.set(name, PasswordHash::of(password).unwrap());
        }
        file.to_string()
    }

    #[test]
    fn changes_of_the_file_count_at_the_next_login() {
        let directory = tempfile::tempdir().unwrap();
        let file = HtpasswdFile::new(directory.path().join("htpasswd"));
        assert!(!file.verify("jane", "one").unwrap(), "no file, no users");
        std::fs::write(file.path(), users(&[("jane", "one")])).unwrap();
        assert!(file.verify("jane", "one").unwrap());
        assert!(!file.verify("jane", "two").unwrap() && !file.verify("joe", "one").unwrap());
        std::fs::write(file.path(), users(&[("jane", "two")])).unwrap();
        assert!(file.verify("jane", "two").unwrap() && !file.verify("jane", "one").unwrap());
        std::fs::remove_file(file.path()).unwrap();
        assert!(!file.verify("jane", "two").unwrap());
    }

    #[test]
    fn a_file_that_cannot_be_used_lets_nobody_in() {
        let directory = tempfile::tempdir().unwrap();
        let file = HtpasswdFile::new(directory.path().join("htpasswd"));
        std::fs::write(file.path(), users(&[("jane", "one")])).unwrap();
        assert!(file.verify("jane", "one").unwrap());
        std::fs::write(file.path(), "jane:secret\n").unwrap();
        let error = file.verify("jane", "one").unwrap_err().to_string();
        assert!(error.contains("line 1, user \"jane\""), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}
