use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A directory with a short path (sockets below it have a limit of 108 bytes) on a disk that can hold containers. It is
/// removed when dropped.
pub struct Directory {
    path: PathBuf,
    keep: bool,
}

impl Directory {
    pub fn new(purpose: &str) -> Result<Self> {
        let made = tempfile::Builder::new()
            .prefix(&format!("weir-{purpose}-"))
            .tempdir_in("/var/tmp");
        let path = made.context("a directory in /var/tmp")?.keep();
        Ok(Self { path, keep: false })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the directory when dropped.
    pub fn keep(&mut self) {
        self.keep = true;
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            eprintln!("{} was not removed: {error}", self.path.display());
        }
    }
}
