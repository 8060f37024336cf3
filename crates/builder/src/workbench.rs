//! Where builds are laid out: a directory for each, and the user its unprivileged child runs as.

use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::child::Seat;

/// First of the users that children run as when the builder is root: numbers that no account has. One for each build
/// that runs at the same time, so that builds cannot touch each other's source.
const FIRST_CHILD_USER: u32 = 65_400;

/// All work directories and users.
#[derive(Clone)]
pub(crate) struct Workbench {
    root: PathBuf,
    free: Arc<Mutex<Vec<Seat>>>,
}

/// One build's directory and user. Both are given back when this is dropped.
pub(crate) struct Place {
    root: PathBuf,
    path: PathBuf,
    seat: Seat,
    free: Arc<Mutex<Vec<Seat>>>,
}

#[derive(Debug, thiserror::Error)]
pub enum WorkbenchError {
    #[error("cannot prepare the directory {path} for builds: {source}")]
    Directory { path: PathBuf, source: io::Error },
    #[error("{0} exists but is not a directory of ours; remove it or choose another work directory")]
    Foreign(PathBuf),
    #[error("more builds were started than there are places")]
    Full,
}

impl Workbench {
    /// Looks at the directory, and removes what interrupted builds left in it. It is there only while something is built.
    pub fn open(root: &Path, places: usize) -> Result<Self, WorkbenchError> {
        let root_user = rustix::process::geteuid().is_root();
        let seat = |index: usize| Seat {
            user: root_user.then(|| FIRST_CHILD_USER + index as u32),
        };
        let bench = Self {
            root: root.to_owned(),
            free: Arc::new(Mutex::new((0..places).rev().map(seat).collect())),
        };
        if bench.is_ours()? {
            std::fs::remove_dir_all(root).map_err(|source| bench.failed(source))?;
        }
        Ok(bench)
    }

    /// A place for the build with this id.
    pub fn take(&self, id: &str) -> Result<Place, WorkbenchError> {
        let path = self.root.join(id);
        // Held until there is something in the directory, so that nobody who leaves removes it.
        let mut free = lock(&self.free);
        let seat = *free.last().ok_or(WorkbenchError::Full)?;
        self.make_root()?;
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|source| self.failed(source))?;
        free.pop();
        drop(free);
        // From here on dropping the place gives the user back.
        let place = Place {
            root: self.root.clone(),
            path,
            seat,
            free: self.free.clone(),
        };
        if let Some(user) = place.seat.user {
            std::os::unix::fs::chown(&place.path, Some(user), Some(user)).map_err(|source| self.failed(source))?;
        }
        Ok(place)
    }

    fn make_root(&self) -> Result<(), WorkbenchError> {
        if self.is_ours()? {
            return Ok(());
        }
        // Passable, so that children reach their own directory inside; not listable. The mode does not depend on ours.
        std::fs::DirBuilder::new()
            .mode(0o711)
            .create(&self.root)
            .map_err(|source| self.failed(source))?;
        let passable = std::fs::Permissions::from_mode(0o711);
        std::fs::set_permissions(&self.root, passable).map_err(|source| self.failed(source))
    }

    /// Whether the directory is there. One that somebody else has put in its place is refused.
    fn is_ours(&self) -> Result<bool, WorkbenchError> {
        match std::fs::symlink_metadata(&self.root) {
            Ok(found) if found.is_dir() && found.uid() == rustix::process::geteuid().as_raw() => Ok(true),
            Ok(_) => Err(WorkbenchError::Foreign(self.root.clone())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(self.failed(source)),
        }
    }

    fn failed(&self, source: io::Error) -> WorkbenchError {
        WorkbenchError::Directory {
            path: self.root.clone(),
            source,
        }
    }
}

impl Place {
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn seat(&self) -> Seat {
        self.seat
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %self.path.display(), %error, "cannot remove the directory of a build; it is removed at the next start");
        }
        let mut free = lock(&self.free);
        free.push(self.seat);
        // Succeeds only when no other build has a place in it.
        let _used_by_others = std::fs::remove_dir(&self.root);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_back_and_leave_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("work");
        let bench = Workbench::open(&root, 2).unwrap();
        assert!(!root.exists());
        let (a, b) = (bench.take("a").unwrap(), bench.take("b").unwrap());
        assert!(matches!(bench.take("c"), Err(WorkbenchError::Full)));
        if a.seat().user.is_some() {
            assert_ne!(a.seat(), b.seat());
        }
        std::fs::write(a.path().join("file"), "x").unwrap();
        drop(a);
        assert!(!root.join("a").exists() && root.join("b").exists());
        let c = bench.take("c").unwrap();
        drop(b);
        drop(c);
        assert!(!root.exists());
        assert!(bench.take("d").unwrap().path().exists());
    }

    #[test]
    fn leftovers_are_swept_at_start() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("work");
        std::fs::create_dir_all(root.join("old/deep")).unwrap();
        Workbench::open(&root, 1).unwrap();
        assert!(!root.exists());
    }

    #[test]
    fn a_link_in_place_of_the_directory_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("work");
        std::os::unix::fs::symlink(directory.path(), &root).unwrap();
        assert!(matches!(Workbench::open(&root, 1), Err(WorkbenchError::Foreign(_))));
    }
}
