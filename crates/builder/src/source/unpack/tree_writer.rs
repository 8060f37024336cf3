use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::UnpackError;
use super::name::{leads_outside, shown};
use crate::context::{MAX_CONTEXT_BYTES, MAX_CONTEXT_ENTRIES};

/// More lines about what was left out help nobody.
const MAX_REMARKS: usize = 20;

/// A tree that grows entry by entry and never beyond itself: names are walked from its root, and no link is followed.
pub(super) struct TreeWriter {
    root: OwnedFd,
    entries: u64,
    bytes: u64,
    remarks: Vec<String>,
    unsaid: usize,
}

impl TreeWriter {
    /// A directory of our own making.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self {
            root: rustix::fs::open(path, flags, Mode::empty())?,
            entries: 0,
            bytes: 0,
            remarks: Vec::new(),
            unsaid: 0,
        })
    }

    /// Adds to what the tree takes up.
    pub fn count(&mut self, bytes: u64) -> Result<(), UnpackError> {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.entries > MAX_CONTEXT_ENTRIES {
            Err(UnpackError::Entries)
        } else if self.bytes > MAX_CONTEXT_BYTES {
            Err(UnpackError::Bytes)
        } else {
            Ok(())
        }
    }

    pub fn remark(&mut self, text: String) {
        if self.remarks.len() < MAX_REMARKS {
            self.remarks.push(text);
        } else {
            self.unsaid += 1;
        }
    }

    pub fn into_remarks(mut self) -> Vec<String> {
        if self.unsaid > 0 {
            self.remarks.push(format!("... and {} more like these", self.unsaid));
        }
        self.remarks
    }

    pub fn directory(&mut self, path: &[&[u8]]) -> Result<(), UnpackError> {
        self.make(path).map(drop)
    }

    /// Takes exactly so many bytes of the content.
    pub fn file(
        &mut self,
        path: &[&[u8]],
        bytes: u64,
        executable: bool,
        content: &mut impl Read,
    ) -> Result<(), UnpackError> {
        self.count(bytes)?;
        let (parent, name) = self.parent(path)?;
        let mode = if executable {
            Mode::RWXU
        } else {
            Mode::RUSR | Mode::WUSR
        };
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = replacing(&parent, name, || rustix::fs::openat(&parent, name, flags, mode));
        let mut file = File::from(file.map_err(|error| failed(path, error))?);
        copy(&mut content.take(bytes), &mut file, path, bytes)
    }

    /// A symbolic link. It is never followed, neither here nor by whoever packs the tree; one that points out of the
    /// tree is left out all the same.
    pub fn link(&mut self, path: &[&[u8]], target: &[u8]) -> Result<(), UnpackError> {
        if leads_outside(path, target) {
            self.remark(format!(
                "WARNING: the link {} points out of the source, to {}, and is left out",
                shown(&joined(path)),
                shown(target)
            ));
            return Ok(());
        }
        let (parent, name) = self.parent(path)?;
        let target = OsStr::from_bytes(target);
        replacing(&parent, name, || rustix::fs::symlinkat(target, &parent, name)).map_err(|error| failed(path, error))
    }

    /// Another name for a file that is in the tree already.
    pub fn same_file(&mut self, path: &[&[u8]], known: &[&[u8]]) -> Result<(), UnpackError> {
        let (parent, name) = self.parent(path)?;
        let Some((known_name, above)) = known.split_last() else {
            return Err(failed(path, Errno::ISDIR));
        };
        let above = self.open_directory(above).map_err(|error| failed(path, error))?;
        let known_name = OsStr::from_bytes(known_name);
        let stat = rustix::fs::statat(&above, known_name, AtFlags::SYMLINK_NOFOLLOW);
        let stat = stat.map_err(|error| failed(path, error))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(failed(path, Errno::INVAL));
        }
        // What is packed from it has all of its content once more.
        self.count(u64::try_from(stat.st_size).unwrap_or(u64::MAX))?;
        if path == known {
            return Ok(());
        }
        replacing(&parent, name, || {
            rustix::fs::linkat(&above, known_name, &parent, name, AtFlags::empty())
        })
        .map_err(|error| failed(path, error))
    }

    /// The directory that an entry goes into, and the entry's own name.
    fn parent<'a>(&mut self, path: &[&'a [u8]]) -> Result<(OwnedFd, &'a OsStr), UnpackError> {
        match path.split_last() {
            Some((name, above)) => Ok((self.make(above)?, OsStr::from_bytes(name))),
            None => Err(failed(path, Errno::ISDIR)),
        }
    }

    /// Opens a directory, and makes it and those above it where they are missing.
    fn make(&mut self, path: &[&[u8]]) -> Result<OwnedFd, UnpackError> {
        let mut missing = path.len();
        let mut directory = loop {
            match self.open_directory(&path[..missing]) {
                Err(Errno::NOENT) if missing > 0 => missing -= 1,
                opened => break opened.map_err(|error| failed(path, error))?,
            }
        };
        for name in &path[missing..] {
            self.count(0)?;
            let name = OsStr::from_bytes(name);
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            directory = rustix::fs::mkdirat(&directory, name, Mode::RWXU)
                .and_then(|()| rustix::fs::openat(&directory, name, flags, Mode::empty()))
                .map_err(|error| failed(path, error))?;
        }
        Ok(directory)
    }

    fn open_directory(&self, path: &[&[u8]]) -> Result<OwnedFd, Errno> {
        let place = joined(path);
        let place = if place.is_empty() { b".".as_slice() } else { &place };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        rustix::fs::openat2(&self.root, OsStr::from_bytes(place), flags, Mode::empty(), resolve)
    }
}

/// As `tar` does, a later entry takes the place of an earlier one of the same name, unless that is a directory.
fn replacing<T>(parent: &OwnedFd, name: &OsStr, make: impl Fn() -> Result<T, Errno>) -> Result<T, Errno> {
    match make() {
        Err(Errno::EXIST) => {
            rustix::fs::unlinkat(parent, name, AtFlags::empty())?;
            make()
        }
        made => made,
    }
}

fn copy(content: &mut impl Read, file: &mut File, path: &[&[u8]], bytes: u64) -> Result<(), UnpackError> {
    let mut buffer = vec![0; 64 * 1024];
    let mut left = bytes;
    while left > 0 {
        let count = match content.read(&mut buffer) {
            Ok(0) => return Err(UnpackError::Truncated(shown(&joined(path)))),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(UnpackError::Read(error)),
        };
        io::Write::write_all(file, &buffer[..count]).map_err(|source| UnpackError::Write {
            name: shown(&joined(path)),
            source,
        })?;
        left = left.saturating_sub(count as u64);
    }
    Ok(())
}

fn joined(path: &[&[u8]]) -> Vec<u8> {
    path.join(&b'/')
}

fn failed(path: &[&[u8]], error: Errno) -> UnpackError {
    let source = match error {
        Errno::LOOP | Errno::NOTDIR => {
            io::Error::other("an earlier entry made a link or a file of a directory above it")
        }
        Errno::ISDIR => io::Error::other("an earlier entry made a directory of it"),
        Errno::INVAL => io::Error::other("it is a second name of something that is not a file"),
        other => other.into(),
    };
    UnpackError::Write {
        name: shown(&joined(path)),
        source,
    }
}
