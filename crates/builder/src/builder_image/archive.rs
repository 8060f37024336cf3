use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;

use super::layout::{ImageLayout, LayoutError, open_layout};

/// A larger file in an archive is no layer of a builder image.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024 * 1024;
/// Index, marker, and a few blobs for each of a few images.
const MAX_FILES: usize = 10_000;

#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} contains \"{entry}\", which is no part of an OCI image; make an archive with: skopeo copy IMAGE oci-archive:FILE", path.display())]
    Entry { path: PathBuf, entry: String },
    #[error("{} has too many or too large files", .0.display())]
    TooLarge(PathBuf),
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

/// Unpacks an OCI archive into a directory below `work` that goes away with the layout. Only the files that a layout
/// consists of are taken; nothing else, and no link, is.
pub fn open_archive(path: &Path, work: &Path) -> Result<ImageLayout, ArchiveError> {
    let failed = |source| ArchiveError::Read {
        path: path.to_owned(),
        source,
    };
    let temporary = tempfile::Builder::new()
        .prefix("image-")
        .tempdir_in(work)
        .map_err(failed)?;
    let mut archive = tar::Archive::new(decompressed(path).map_err(failed)?);
    let mut files = 0;
    for entry in archive.entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        let name = entry.path().map_err(failed)?.into_owned();
        let refused = || ArchiveError::Entry {
            path: path.to_owned(),
            entry: name.display().to_string(),
        };
        if entry.header().entry_type().is_dir() {
            continue;
        }
        let target = layout_path(&name)
            .filter(|_| entry.header().entry_type().is_file())
            .ok_or_else(refused)?;
        files += 1;
        if files > MAX_FILES || entry.size() > MAX_FILE_BYTES {
            return Err(ArchiveError::TooLarge(path.to_owned()));
        }
        let target = temporary.path().join(target);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        io::copy(&mut entry, &mut File::create(&target).map_err(failed)?).map_err(failed)?;
    }
    Ok(open_layout(temporary.path())?.keep(temporary))
}

/// The file, unpacked when it is compressed with gzip.
fn decompressed(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut start = [0; 2];
    let count = File::open(path)?.read(&mut start)?;
    let file = BufReader::new(File::open(path)?);
    if count == 2 && start == [0x1f, 0x8b] {
        Ok(Box::new(GzDecoder::new(file)))
    } else {
        Ok(Box::new(file))
    }
}

/// `oci-layout`, `index.json` or `blobs/ALGORITHM/HEX`.
fn layout_path(name: &Path) -> Option<PathBuf> {
    let mut parts = Vec::new();
    for component in name.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part.to_str()?),
            _ => return None,
        }
    }
    let word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match parts.as_slice() {
        ["oci-layout" | "index.json"] => Some(parts[0].into()),
        ["blobs", algorithm, hex] if word(algorithm) && word(hex) => Some(["blobs", algorithm, hex].iter().collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_a_layout_are_taken() {
        for name in ["oci-layout", "./index.json", "blobs/sha256/00ff"] {
            assert!(layout_path(Path::new(name)).is_some(), "{name}");
        }
        for name in [
            "../oci-layout",
            "/oci-layout",
            "blobs/../../x",
            "blobs/sha256",
            "manifest.json",
            "blobs/sha256/a/b",
            "blobs/sha256/..",
        ] {
            assert!(layout_path(Path::new(name)).is_none(), "{name}");
        }
    }

    #[test]
    fn links_in_an_archive_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.tar");
        let mut archive = tar::Builder::new(File::create(&path).unwrap());
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        archive.append_link(&mut header, "index.json", "/etc/passwd").unwrap();
        archive.into_inner().unwrap();
        assert!(matches!(
            open_archive(&path, directory.path()),
            Err(ArchiveError::Entry { .. })
        ));
        assert_eq!(
            std::fs::read_dir(directory.path()).unwrap().count(),
            1,
            "nothing is left behind"
        );
    }
}
