use std::io::{self, Read};

use tar::{EntryType, PaxExtensions};

use super::name::{parts, shown};
use super::tree_writer::TreeWriter;
use super::{NameError, UnpackError};

/// Names and attributes that come before an entry. Larger ones are refused before they fill the memory.
const MAX_EXTENSION_BYTES: u64 = 1024 * 1024;

/// What entries of the archive say about the one after them.
#[derive(Default)]
struct Announced {
    name: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
}

/// Writes the entries of a tar archive into the tree. Headers are read here one by one: the reader's own handling of long
/// names keeps them whole in memory.
pub(super) fn unpack(archive: impl Read, tree: &mut TreeWriter) -> Result<(), UnpackError> {
    let mut archive = tar::Archive::new(archive);
    let mut announced = Announced::default();
    for entry in archive.entries().map_err(UnpackError::Read)?.raw(true) {
        let mut entry = entry.map_err(UnpackError::Read)?;
        tree.count(0)?;
        match entry.header().entry_type() {
            EntryType::GNULongName => announced.name = Some(text(&mut entry)?),
            EntryType::GNULongLink => announced.target = Some(text(&mut entry)?),
            EntryType::XHeader => attributes(&mut entry, &mut announced)?,
            EntryType::XGlobalHeader => {}
            kind => place(&mut entry, kind, std::mem::take(&mut announced), tree)?,
        }
    }
    Ok(())
}

fn place<R: Read>(
    entry: &mut tar::Entry<'_, R>,
    kind: EntryType,
    announced: Announced,
    tree: &mut TreeWriter,
) -> Result<(), UnpackError> {
    let header = entry.header().clone();
    let name = announced.name.unwrap_or_else(|| header.path_bytes().into_owned());
    let target = || match announced.target {
        Some(target) => target,
        None => header.link_name_bytes().unwrap_or_default().into_owned(),
    };
    let path = parts(&name)?;
    match kind {
        EntryType::Directory => tree.directory(&path),
        // How archives said so before they had a type for it.
        EntryType::Regular if name.ends_with(b"/") => tree.directory(&path),
        EntryType::Regular | EntryType::Continuous => {
            let executable = header.mode().is_ok_and(|mode| mode & 0o100 != 0);
            let bytes = header.entry_size().map_err(UnpackError::Read)?;
            tree.file(&path, bytes, executable, entry)
        }
        EntryType::Symlink => tree.link(&path, &target()),
        EntryType::Link => tree.same_file(&path, &parts(&target())?),
        EntryType::GNUSparse => Err(UnpackError::Unsupported(shown(&name))),
        _ => {
            tree.remark(format!(
                "WARNING: {} is neither a file, a directory nor a link and is left out",
                shown(&name)
            ));
            Ok(())
        }
    }
}

/// A long name: bytes up to the first zero.
fn text(entry: &mut impl Read) -> Result<Vec<u8>, UnpackError> {
    let mut bytes = content(entry)?;
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    Ok(bytes)
}

fn attributes(entry: &mut impl Read, announced: &mut Announced) -> Result<(), UnpackError> {
    let bytes = content(entry)?;
    for attribute in PaxExtensions::new(&bytes) {
        let attribute = attribute.map_err(UnpackError::Read)?;
        match attribute.key_bytes() {
            b"path" => announced.name = Some(attribute.value_bytes().to_owned()),
            b"linkpath" => announced.target = Some(attribute.value_bytes().to_owned()),
            // Only files of more than 8 GiB, and sparse ones, have their size here.
            key if key == b"size" || key.starts_with(b"GNU.sparse") => {
                let name = announced.name.clone().unwrap_or_default();
                return Err(UnpackError::Unsupported(shown(&name)));
            }
            _ => {}
        }
    }
    Ok(())
}

fn content(entry: &mut impl Read) -> Result<Vec<u8>, UnpackError> {
    let mut bytes = Vec::new();
    let read = entry.take(MAX_EXTENSION_BYTES + 1).read_to_end(&mut bytes);
    match read.map_err(UnpackError::Read)? as u64 {
        0..=MAX_EXTENSION_BYTES => Ok(bytes),
        _ => Err(UnpackError::Read(io::Error::other(NameError::new(&bytes).to_string()))),
    }
}
