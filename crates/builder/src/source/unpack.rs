//! Unpacks what was uploaded for a binary build, in the unprivileged child: a tar archive, one compressed with gzip, a
//! zip archive, or a single file.
//!
//! The archive is hostile. Every name is taken apart here and walked by directory handles that follow no link, so that
//! nothing is written outside the tree, whatever an earlier entry has put there; what unpacks into more than a context
//! may have is refused while it unpacks.

mod name;
mod tar_archive;
mod tree_writer;
mod zip_archive;

use std::io::{self, BufRead};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use serde::{Deserialize, Serialize};

use super::source_directory;
use name::NameError;
use tree_writer::TreeWriter;

/// How compression with gzip announces itself.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// How zip archives begin, with an entry or without any.
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// What the unprivileged child needs to know of an upload, which follows on its standard input.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct UnpackJob {
    pub bytes: u64,
    /// The upload is this one file; otherwise it is an archive.
    pub as_file: Option<String>,
    /// Seconds since 1970: the moment it was uploaded, which its files get as their time.
    pub uploaded_at: u64,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum UnpackError {
    #[error("{0}")]
    Read(io::Error),
    #[error("\"{name}\" cannot be written: {source}")]
    Write { name: String, source: io::Error },
    #[error("it has an entry with a bad name: {0}")]
    Name(#[from] NameError),
    #[error("it is empty")]
    Empty,
    #[error("its entry \"{0}\" ends too early")]
    Truncated(String),
    #[error("its entry \"{0}\" is a sparse or very large file; pack it as a plain one")]
    Unsupported(String),
    #[error(
        "it has more than {} files and directories; leave out what the build does not need",
        crate::context::MAX_CONTEXT_ENTRIES
    )]
    Entries,
    #[error(
        "its files are larger than {} GiB; leave out what the build does not need",
        crate::context::MAX_CONTEXT_BYTES / (1024 * 1024 * 1024)
    )]
    Bytes,
}

/// Lays the upload out in `work/source`. Returns remarks for the build log.
pub(crate) fn unpack(job: &UnpackJob, content: impl BufRead, work: &Path) -> Result<Vec<String>, UnpackError> {
    let directory = source_directory(work);
    let failed = |source| UnpackError::Write {
        name: ".".to_owned(),
        source,
    };
    std::fs::create_dir(&directory).map_err(failed)?;
    let mut tree = TreeWriter::open(&directory).map_err(failed)?;
    match &job.as_file {
        Some(name) => one_file(&mut tree, name, job.bytes, content)?,
        None => archive(&mut tree, content, work)?,
    }
    Ok(tree.into_remarks())
}

fn one_file(tree: &mut TreeWriter, name: &str, bytes: u64, mut content: impl BufRead) -> Result<(), UnpackError> {
    let parts = name::parts(name.as_bytes())?;
    match parts.as_slice() {
        [_] => tree.file(&parts, bytes, false, &mut content),
        _ => Err(NameError::new(name.as_bytes()).into()),
    }
}

fn archive(tree: &mut TreeWriter, mut content: impl BufRead, work: &Path) -> Result<(), UnpackError> {
    let start = content.fill_buf().map_err(UnpackError::Read)?;
    if start.is_empty() {
        return Err(UnpackError::Empty);
    }
    if ZIP.iter().any(|zip| start.starts_with(zip)) {
        let whole = tempfile::tempfile_in(work).and_then(|mut file| io::copy(&mut content, &mut file).map(|_| file));
        return zip_archive::unpack(whole.map_err(UnpackError::Read)?, tree);
    }
    if start.starts_with(&GZIP) {
        tar_archive::unpack(MultiGzDecoder::new(content), tree)
    } else {
        tar_archive::unpack(content, tree)
    }
}

#[cfg(test)]
mod tests;
