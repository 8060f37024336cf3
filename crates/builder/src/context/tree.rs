use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags, Stat};

use super::RelativePath;

/// Directories with more entries than this are refused, before their names fill the memory.
const MAX_DIRECTORY_ENTRIES: usize = 100_000;

/// A directory with hostile content, held open. Whatever is read through it lies inside it.
pub(crate) struct Tree {
    directory: OwnedFd,
}

/// One name of a directory.
pub(crate) struct Entry {
    pub name: CString,
    pub kind: FileType,
    pub stat: Stat,
}

impl Tree {
    /// Opens a directory of our own making.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self {
            directory: rustix::fs::open(path, flags, Mode::empty())?,
        })
    }

    /// A directory inside. Links on the way are followed as long as they stay inside.
    pub fn directory(&self, path: &RelativePath) -> io::Result<Self> {
        Ok(Self {
            directory: self.open_beneath(path, OFlags::RDONLY | OFlags::DIRECTORY)?,
        })
    }

    /// Content of a regular file inside, or `None` when there is none. Links are followed as long as they stay inside.
    ///
    /// # Errors
    /// `FileTooLarge` beyond `limit` bytes, `InvalidInput` for anything but a regular file.
    pub fn read(&self, path: &RelativePath, limit: u64) -> io::Result<Option<Vec<u8>>> {
        // Without NONBLOCK a named pipe would wait for its writer.
        let file = match self.open_beneath(path, OFlags::RDONLY | OFlags::NONBLOCK) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if FileType::from_raw_mode(rustix::fs::fstat(&file)?.st_mode) != FileType::RegularFile {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{path} is not a regular file"),
            ));
        }
        let mut bytes = Vec::new();
        File::from(file).take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("{path} is larger than {limit} bytes"),
            ));
        }
        Ok(Some(bytes))
    }

    /// The names in this directory, sorted, so that the same tree gives the same archive.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for item in Dir::read_from(&self.directory)? {
            let item = item?;
            let name = item.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            if entries.len() == MAX_DIRECTORY_ENTRIES {
                return Err(io::Error::other(format!(
                    "a directory has more than {MAX_DIRECTORY_ENTRIES} entries"
                )));
            }
            let stat = rustix::fs::statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
            entries.push(Entry {
                name: name.to_owned(),
                kind: FileType::from_raw_mode(stat.st_mode),
                stat,
            });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// A directory directly inside; a link in its place is refused.
    pub fn child(&self, entry: &Entry) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self {
            directory: rustix::fs::openat(&self.directory, &entry.name, flags, Mode::empty())?,
        })
    }

    /// A regular file directly inside, with its size; a link or anything else in its place is refused.
    pub fn file(&self, entry: &Entry) -> io::Result<(File, u64)> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.directory, &entry.name, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&file)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the file changed while it was read",
            ));
        }
        let size = u64::try_from(stat.st_size).map_err(io::Error::other)?;
        Ok((File::from(file), size))
    }

    /// Where a link directly inside points to, unread.
    pub fn link(&self, entry: &Entry) -> io::Result<CString> {
        Ok(rustix::fs::readlinkat(&self.directory, &entry.name, Vec::new())?)
    }

    fn open_beneath(&self, path: &RelativePath, flags: OFlags) -> io::Result<OwnedFd> {
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        let opened = rustix::fs::openat2(
            &self.directory,
            path.or_dot(),
            flags | OFlags::CLOEXEC,
            Mode::empty(),
            resolve,
        );
        Ok(opened?)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn path(text: &str) -> RelativePath {
        text.parse().unwrap()
    }

    #[test]
    fn links_inside_are_followed_and_links_outside_are_not() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("tree");
        std::fs::create_dir_all(inner.join("real")).unwrap();
        std::fs::write(inner.join("real/file"), "inside").unwrap();
        std::fs::write(outer.path().join("secret"), "outside").unwrap();
        symlink("real", inner.join("alias")).unwrap();
        symlink("../secret", inner.join("up")).unwrap();
        symlink("/etc/passwd", inner.join("absolute")).unwrap();
        symlink("up", inner.join("chained")).unwrap();
        symlink("/proc/self/root", inner.join("magic")).unwrap();
        let tree = Tree::open(&inner).unwrap();
        assert_eq!(tree.read(&path("alias/file"), 100).unwrap().unwrap(), b"inside");
        for escape in ["up", "absolute", "chained", "magic/etc/passwd"] {
            assert!(tree.read(&path(escape), 100).is_err(), "{escape}");
        }
        assert!(tree.directory(&path("magic")).is_err());
        assert_eq!(tree.read(&path("missing"), 100).unwrap(), None);
        assert_eq!(tree.read(&path("real/file/x"), 100).unwrap(), None);
    }

    #[test]
    fn large_files_and_pipes_are_refused_without_waiting() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("large"), vec![0; 101]).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, directory.path().join("pipe"), Mode::RUSR).unwrap();
        let tree = Tree::open(directory.path()).unwrap();
        assert_eq!(
            tree.read(&path("large"), 100).unwrap_err().kind(),
            io::ErrorKind::FileTooLarge
        );
        assert_eq!(
            tree.read(&path("pipe"), 100).unwrap_err().kind(),
            io::ErrorKind::InvalidInput
        );
    }
}
