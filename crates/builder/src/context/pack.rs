use std::collections::HashSet;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::FileType;

use super::s2i_ignore::MAX_IGNORE_BYTES;
use super::tree::Entry;
use super::{PackJob, Part, RelativePath, S2iIgnore, Tree};

/// A larger context is refused: it would fill the disk twice, once here and once in the engine.
pub(crate) const MAX_CONTEXT_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// More files and directories than this are refused.
pub(crate) const MAX_CONTEXT_ENTRIES: u64 = 200_000;
/// A script of `.s2i/bin` that is larger is refused.
const MAX_SCRIPT_BYTES: u64 = 16 * 1024 * 1024;
/// Directories inside directories; deeper trees are refused.
const MAX_DEPTH: usize = 128;

const DIRECTORY_MODE: u32 = 0o755;
const EXECUTABLE_MODE: u32 = 0o755;
const FILE_MODE: u32 = 0o644;

#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    #[error("cannot read {path} of the source: {source}")]
    Source { path: String, source: io::Error },
    #[error("cannot hand over the build context: {0}")]
    Write(#[from] io::Error),
    #[error("the source has more than {MAX_CONTEXT_ENTRIES} files; exclude what the build does not need")]
    Entries,
    #[error(
        "the source is larger than {} GiB; exclude what the build does not need",
        MAX_CONTEXT_BYTES / (1024 * 1024 * 1024)
    )]
    Bytes,
    #[error("the source has directories nested deeper than {MAX_DEPTH}")]
    Depth,
    #[error(
        "\"{path}\" cannot be put into the source, because \"{link}\" in it is a link; choose another destinationDir"
    )]
    Link { path: String, link: String },
}

/// Writes the archive. Returns remarks for the build log.
pub(crate) fn pack<W: Write>(job: &PackJob, source: Option<&Path>, out: W) -> Result<Vec<String>, PackError> {
    let source = source
        .map(Tree::open)
        .transpose()
        .map_err(|error| unreadable(".", error))?;
    let mut packer = Packer {
        archive: tar::Builder::new(out),
        mtime: job.mtime,
        replaced: job
            .parts
            .iter()
            .filter_map(Part::own_path)
            .map(|path| PathBuf::from(path.as_str()))
            .collect(),
        links: HashSet::new(),
        entries: 0,
        bytes: 0,
        remarks: Vec::new(),
    };
    for part in &job.parts {
        packer.part(part, source.as_ref())?;
    }
    packer.archive.into_inner()?.flush()?;
    Ok(packer.remarks)
}

struct Packer<W: Write> {
    archive: tar::Builder<W>,
    mtime: u64,
    /// Paths that a file of ours takes.
    replaced: HashSet<PathBuf>,
    /// Links that are in the archive so far.
    links: HashSet<PathBuf>,
    entries: u64,
    bytes: u64,
    remarks: Vec<String>,
}

/// What holds for a whole [`Part::Tree`].
struct TreeRules<'a> {
    ignore: S2iIgnore,
    without: &'a [RelativePath],
}

impl<W: Write> Packer<W> {
    fn part(&mut self, part: &Part, source: Option<&Tree>) -> Result<(), PackError> {
        match (part, source) {
            (Part::Directory { path }, _) => self.directory(path.as_path()),
            (Part::File { path, contents }, _) => {
                self.refuse_links(path)?;
                self.file(path.as_path(), FILE_MODE, contents.len() as u64, contents.as_slice())
            }
            (Part::Tree { .. } | Part::Script { .. }, None) => Ok(()),
            (Part::Script { from, to }, Some(source)) => self.script(source, from, to),
            (
                Part::Tree {
                    from,
                    to,
                    s2i_ignore,
                    without,
                },
                Some(source),
            ) => {
                let tree = source
                    .directory(from)
                    .map_err(|error| unreadable(from.or_dot(), error))?;
                let rules = TreeRules {
                    ignore: if *s2i_ignore {
                        ignore_rules(&tree)?
                    } else {
                        S2iIgnore::default()
                    },
                    without,
                };
                if !to.is_root() {
                    self.directory(to.as_path())?;
                }
                self.tree(&tree, Path::new(""), to.as_path(), &rules, 0)
            }
        }
    }

    fn script(&mut self, source: &Tree, from: &RelativePath, to: &RelativePath) -> Result<(), PackError> {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let contents = source
            .read(from, MAX_SCRIPT_BYTES)
            .and_then(|contents| contents.ok_or_else(missing))
            .map_err(|error| unreadable(from.as_str(), error))?;
        self.file(
            to.as_path(),
            EXECUTABLE_MODE,
            contents.len() as u64,
            contents.as_slice(),
        )
    }

    fn tree(
        &mut self,
        tree: &Tree,
        inner: &Path,
        to: &Path,
        rules: &TreeRules<'_>,
        depth: usize,
    ) -> Result<(), PackError> {
        if depth > MAX_DEPTH {
            return Err(PackError::Depth);
        }
        let shown = |path: &Path| path.display().to_string();
        for entry in tree.entries().map_err(|error| unreadable(&shown(inner), error))? {
            let name = std::ffi::OsStr::from_bytes(entry.name.to_bytes());
            let inner = inner.join(name);
            let path = to.join(name);
            if rules.keeps_out(&inner) || self.replaced.contains(&path) {
                continue;
            }
            match entry.kind {
                FileType::Directory => {
                    let child = tree.child(&entry).map_err(|error| unreadable(&shown(&inner), error))?;
                    self.directory(&path)?;
                    self.tree(&child, &inner, &path, rules, depth + 1)?;
                }
                FileType::RegularFile => {
                    let (file, size) = tree.file(&entry).map_err(|error| unreadable(&shown(&inner), error))?;
                    self.file(&path, file_mode(&entry), size, file)?;
                }
                FileType::Symlink => {
                    let target = tree.link(&entry).map_err(|error| unreadable(&shown(&inner), error))?;
                    self.link(&path, Path::new(std::ffi::OsStr::from_bytes(target.to_bytes())))?;
                }
                _ => self.remarks.push(format!(
                    "WARNING: {} is neither a file, a directory nor a link and is left out",
                    inner.display().to_string().escape_debug()
                )),
            }
        }
        Ok(())
    }

    fn directory(&mut self, path: &Path) -> Result<(), PackError> {
        self.count(0)?;
        let mut header = self.header(tar::EntryType::Directory, DIRECTORY_MODE, 0);
        Ok(self.archive.append_data(&mut header, path, io::empty())?)
    }

    /// Exactly `size` bytes go into the archive, whatever happens to the file meanwhile.
    fn file(&mut self, path: &Path, mode: u32, size: u64, contents: impl io::Read) -> Result<(), PackError> {
        self.count(size)?;
        let mut header = self.header(tar::EntryType::Regular, mode, size);
        let exact = io::Read::take(io::Read::chain(contents, io::repeat(0)), size);
        Ok(self.archive.append_data(&mut header, path, exact)?)
    }

    fn link(&mut self, path: &Path, target: &Path) -> Result<(), PackError> {
        self.count(0)?;
        let mut header = self.header(tar::EntryType::Symlink, 0o777, 0);
        self.archive.append_link(&mut header, path, target)?;
        self.links.insert(path.to_owned());
        Ok(())
    }

    fn header(&self, kind: tar::EntryType, mode: u32, size: u64) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(size);
        header.set_mtime(self.mtime);
        header.set_uid(0);
        header.set_gid(0);
        header
    }

    fn count(&mut self, size: u64) -> Result<(), PackError> {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(size);
        if self.entries > MAX_CONTEXT_ENTRIES {
            return Err(PackError::Entries);
        }
        if self.bytes > MAX_CONTEXT_BYTES {
            Err(PackError::Bytes)
        } else {
            Ok(())
        }
    }

    /// A link of the source above one of our files would send it, unpacked, to where the link leads.
    fn refuse_links(&self, path: &RelativePath) -> Result<(), PackError> {
        let above = path.as_path().ancestors().skip(1);
        match above.into_iter().find(|above| self.links.contains(*above)) {
            Some(link) => Err(PackError::Link {
                path: path.to_string(),
                link: link.display().to_string(),
            }),
            None => Ok(()),
        }
    }
}

impl TreeRules<'_> {
    fn keeps_out(&self, inner: &Path) -> bool {
        self.without.iter().any(|path| path.as_path() == inner)
            || inner.to_str().is_some_and(|path| self.ignore.ignores(path))
    }
}

fn ignore_rules(tree: &Tree) -> Result<S2iIgnore, PackError> {
    let path = RelativePath::try_from(".s2iignore".to_owned()).map_err(io::Error::other)?;
    let text = tree
        .read(&path, MAX_IGNORE_BYTES)
        .map_err(|error| unreadable(".s2iignore", error))?;
    Ok(text
        .map(|text| S2iIgnore::parse(&String::from_utf8_lossy(&text)))
        .unwrap_or_default())
}

/// Repositories know only whether a file is executable; the rest depends on who unpacked it.
fn file_mode(entry: &Entry) -> u32 {
    if entry.stat.st_mode & 0o100 != 0 {
        EXECUTABLE_MODE
    } else {
        FILE_MODE
    }
}

fn unreadable(path: &str, source: io::Error) -> PackError {
    PackError::Source {
        path: path.escape_debug().to_string(),
        source,
    }
}

#[cfg(test)]
mod tests;
