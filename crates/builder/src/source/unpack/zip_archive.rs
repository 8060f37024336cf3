use std::io::{self, BufReader, Read, Seek};

use zip::ZipArchive;
use zip::read::ZipFile;

use super::UnpackError;
use super::name::{parts, shown};
use super::tree_writer::TreeWriter;

/// What a Unix mode says of the kind of a file.
const KIND: u32 = 0o170_000;
const LINK: u32 = 0o120_000;
const FILE: u32 = 0o100_000;
/// Longer targets are no paths.
const MAX_TARGET_BYTES: u64 = 4096;

/// Writes the entries of a zip archive into the tree. Its directory is at its end, so that it must be a whole file.
pub(super) fn unpack(archive: impl Read + Seek, tree: &mut TreeWriter) -> Result<(), UnpackError> {
    let mut archive = ZipArchive::new(BufReader::new(archive)).map_err(broken)?;
    for index in 0..archive.len() {
        tree.count(0)?;
        let mut entry = archive.by_index(index).map_err(broken)?;
        place(&mut entry, tree)?;
    }
    Ok(())
}

fn place<R: Read>(entry: &mut ZipFile<'_, R>, tree: &mut TreeWriter) -> Result<(), UnpackError> {
    let name = entry.name_raw().to_vec();
    let path = parts(&name)?;
    let mode = entry.unix_mode().unwrap_or_default();
    match mode & KIND {
        _ if name.ends_with(b"/") => tree.directory(&path),
        LINK => tree.link(&path, &target(entry)?),
        // Programs without modes write none.
        FILE | 0 => {
            tree.file(&path, entry.size(), mode & 0o100 != 0, entry)?;
            ended(entry, &name)
        }
        _ => {
            tree.remark(format!(
                "WARNING: {} is neither a file, a directory nor a link and is left out",
                shown(&name)
            ));
            Ok(())
        }
    }
}

fn target(entry: &mut impl Read) -> Result<Vec<u8>, UnpackError> {
    let mut target = Vec::new();
    let read = entry.take(MAX_TARGET_BYTES + 1).read_to_end(&mut target);
    read.map_err(UnpackError::Read)?;
    Ok(target)
}

/// An entry is as long as the directory says; its checksum is looked at when its end is read.
fn ended(entry: &mut impl Read, name: &[u8]) -> Result<(), UnpackError> {
    match entry.read(&mut [0]).map_err(UnpackError::Read)? {
        0 => Ok(()),
        _ => Err(UnpackError::Read(io::Error::other(format!(
            "\"{}\" is longer than it says",
            shown(name)
        )))),
    }
}

fn broken(error: zip::result::ZipError) -> UnpackError {
    UnpackError::Read(error.into())
}
