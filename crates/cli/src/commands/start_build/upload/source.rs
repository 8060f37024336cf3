use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::commit::{self, Commit};
use super::exclusion::Exclusion;
use super::flow::{Maker, flow};
use super::pack;
use crate::api::Flow;
use crate::failure::Failure;

/// Stands for standard input.
const INPUT: &str = "-";
/// Where a tar archive says what it is.
const TAR_MARK: (usize, &[u8]) = (257, b"ustar");

/// What is uploaded.
#[derive(Clone, Debug)]
pub enum Source {
    Directory {
        path: PathBuf,
        exclusion: Exclusion,
    },
    /// One file, with the name under which it is built.
    File {
        path: PathBuf,
        name: String,
    },
    Archive(PathBuf),
    /// An archive that comes in on standard input.
    Input,
    Repository {
        path: PathBuf,
        commit: String,
    },
}

impl Source {
    pub fn directory(path: &Path, exclusion: Exclusion) -> Result<Self, Failure> {
        match is_directory(path)? {
            true => Ok(Self::Directory {
                path: path.to_owned(),
                exclusion,
            }),
            false => Err(Failure::usage(format!("{} is no directory", path.display()))
                .hint("a file is uploaded with --from-file, an archive with --from-archive")),
        }
    }

    pub fn repository(path: &Path, commit: Option<&str>) -> Result<Self, Failure> {
        let commit = commit.unwrap_or("HEAD");
        if commit.starts_with('-') {
            return Err(Failure::usage(format!("`{commit}` is no commit")));
        }
        is_directory(path)?;
        Ok(Self::Repository {
            path: path.to_owned(),
            commit: commit.to_owned(),
        })
    }

    pub fn file(path: &Path) -> Result<Self, Failure> {
        if path == Path::new(INPUT) {
            return Ok(Self::Input);
        }
        let no_file =
            || Failure::usage(format!("{} is no file", path.display())).hint("a directory is uploaded with --from-dir");
        if is_directory(path)? {
            return Err(no_file());
        }
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(no_file)?;
        Ok(Self::File {
            path: path.to_owned(),
            name: name.to_owned(),
        })
    }

    pub fn archive(path: &Path) -> Result<Self, Failure> {
        if path == Path::new(INPUT) {
            return Ok(Self::Input);
        }
        match is_directory(path)? {
            false => Ok(Self::Archive(path.to_owned())),
            true => {
                Err(Failure::usage(format!("{} is a directory", path.display())).hint("it is uploaded with --from-dir"))
            }
        }
    }

    /// The name of the one file that is uploaded, if it is one.
    pub fn file_name(&self) -> Option<&str> {
        match self {
            Self::File { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The commit that is uploaded, or that a directory is at. A directory without a repository is at none.
    pub fn commit(&self) -> Result<Option<Commit>, Failure> {
        match self {
            Self::Repository { path, commit } => commit::read(path, commit).map(Some),
            Self::Directory { path, .. } if path.join(".git").exists() => Ok(commit::read(path, "HEAD").ok()),
            _ => Ok(None),
        }
    }

    /// Does an archive not look like one?
    pub fn is_doubtful(&self) -> Result<bool, Failure> {
        let Self::Archive(path) = self else { return Ok(false) };
        let mut start = Vec::new();
        let (at, mark) = TAR_MARK;
        let read = File::open(path).and_then(|file| file.take((at + mark.len()) as u64).read_to_end(&mut start));
        read.map_err(|error| unreadable(path, &error))?;
        let known = start.starts_with(&[0x1f, 0x8b]) || start.starts_with(b"PK") || start.get(at..) == Some(mark);
        Ok(!known)
    }

    /// The content, as it flows.
    pub fn open(&self) -> Result<(Flow, Maker), Failure> {
        Ok(match self.clone() {
            Self::Directory { path, exclusion } => flow(move |out| pack::directory(&path, &exclusion, out)),
            Self::File { path, .. } | Self::Archive(path) => flow(move |out| pack::file(&path, out)),
            Self::Input => flow(|out| io::copy(&mut io::stdin().lock(), out).map(drop)),
            Self::Repository { path, commit } => flow(move |out| pack::commit(&path, &commit, out)),
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory { path, .. } => write!(f, "directory {path:?}"),
            Self::File { path, .. } => write!(f, "file {path:?}"),
            Self::Archive(path) => write!(f, "archive file {path:?}"),
            Self::Input => f.write_str("archive file from STDIN"),
            Self::Repository { path, commit } => write!(f, "{path:?} at commit {commit:?}"),
        }
    }
}

fn is_directory(path: &Path) -> Result<bool, Failure> {
    let found = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    Ok(found.is_dir())
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::refused(format!("cannot read {}: {error}", path.display()))
}
