use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

/// What the filler is written in, down to the last byte that fits.
const PIECE: usize = 64 * 1024;

/// A file system in memory, mounted on a directory, that is soon full. It is unmounted when dropped.
pub struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Why there can be none here, or `None`.
    pub fn missing() -> Option<String> {
        let root = rustix::process::geteuid().is_root();
        (!root).then(|| "mounting a small file system needs root".into())
    }

    pub fn mount(path: &Path, mebibytes: u32) -> Result<Self> {
        std::fs::create_dir_all(path)?;
        let size = std::ffi::CString::new(format!("size={mebibytes}m,mode=0700"))?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV;
        mount("weir-test", path, "tmpfs", flags, &*size).context("mounting tmpfs")?;
        Ok(Self { path: path.to_owned() })
    }

    /// Leaves no byte free.
    pub fn fill(&self) -> Result<()> {
        let mut file = File::create(self.filler())?;
        let mut piece = vec![0; PIECE];
        while !piece.is_empty() {
            match file.write(&piece) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => piece.truncate(piece.len() / 2),
                Err(error) => return Err(error).context("filling the disk"),
            }
        }
        Ok(())
    }

    /// Frees what [`SmallDisk::fill`] took.
    pub fn free(&self) -> Result<()> {
        Ok(std::fs::remove_file(self.filler())?)
    }

    fn filler(&self) -> PathBuf {
        self.path.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if let Err(error) = unmount(&self.path, UnmountFlags::DETACH) {
            eprintln!("{} was not unmounted: {error}", self.path.display());
        }
    }
}
