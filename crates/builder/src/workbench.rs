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
    /// Opens the directory and removes what interrupted builds left in it.
    pub fn open(root: &Path, places: usize) -> Result<Self, WorkbenchError> {
        let failed = |source| WorkbenchError::Directory {
            path: root.to_owned(),
            source,
        };
        // Passable, so that children reach their own directory inside; not listable.
        let made = std::fs::DirBuilder::new().mode(0o711).create(root);
        if let Err(error) = made
            && error.kind() != io::ErrorKind::AlreadyExists
        {
            return Err(failed(error));
        }
        let found = std::fs::symlink_metadata(root).map_err(failed)?;
        if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
            return Err(WorkbenchError::Foreign(root.to_owned()));
        }
        std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o711)).map_err(failed)?;
        for leftover in std::fs::read_dir(root).map_err(failed)? {
            std::fs::remove_dir_all(leftover.map_err(failed)?.path()).map_err(failed)?;
        }
        let root_user = rustix::process::geteuid().is_root();
        let seat = |index: usize| Seat {
            user: root_user.then(|| FIRST_CHILD_USER + index as u32),
        };
        let free = (0..places).rev().map(seat).collect();
        Ok(Self {
            root: root.to_owned(),
            free: Arc::new(Mutex::new(free)),
        })
    }

    /// A place for the build with this id.
    pub fn take(&self, id: &str) -> Result<Place, WorkbenchError> {
        let seat = lock(&self.free).pop().ok_or(WorkbenchError::Full)?;
        // From here on dropping the place gives the user back.
        let place = Place {
            path: self.root.join(id),
            seat,
            free: self.free.clone(),
        };
        let failed = |source| WorkbenchError::Directory {
            path: place.path.clone(),
            source,
        };
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&place.path)
            .map_err(failed)?;
        if let Some(user) = place.seat.user {
            std::os::unix::fs::chown(&place.path, Some(user), Some(user)).map_err(failed)?;
        }
        Ok(place)
    }

    /// Removes the directory of all work, when the builder ends.
    pub fn close(&self) {
        if let Err(error) = std::fs::remove_dir_all(&self.root)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %self.root.display(), %error, "cannot remove the directory for builds");
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
        lock(&self.free).push(self.seat);
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
        let (a, b) = (bench.take("a").unwrap(), bench.take("b").unwrap());
        assert!(matches!(bench.take("c"), Err(WorkbenchError::Full)));
        if a.seat().user.is_some() {
            assert_ne!(a.seat(), b.seat());
        }
        std::fs::write(a.path().join("file"), "x").unwrap();
        drop(a);
        assert!(!root.join("a").exists());
        assert!(bench.take("c").is_ok());
        bench.close();
        drop(b);
        assert!(!root.exists());
    }

    #[test]
    fn leftovers_are_swept_at_start() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("work");
        std::fs::create_dir_all(root.join("old/deep")).unwrap();
        Workbench::open(&root, 1).unwrap();
        assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0);
    }

    #[test]
    fn a_link_in_place_of_the_directory_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("work");
        std::os::unix::fs::symlink(directory.path(), &root).unwrap();
        assert!(matches!(Workbench::open(&root, 1), Err(WorkbenchError::Foreign(_))));
    }
}
