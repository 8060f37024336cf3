use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use weir_oci::{Algorithm, Digest, Hasher};

use super::slim::Keep;

/// A layer as it lies on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layer {
    /// Of the compressed bytes.
    pub digest: Digest,
    pub size: u64,
    /// Of the archive inside.
    pub diff_id: Digest,
}

/// Writes a root file system as a compressed archive. Owners, modes and links stay as they are; devices, sockets and
/// pipes are left out.
pub(super) fn write(root: &Path, out: &Path, keep: fn(&str) -> Keep) -> io::Result<Layer> {
    let compressed = Hashing::new(BufWriter::new(File::create(out)?));
    let plain = Hashing::new(GzEncoder::new(compressed, Compression::default()));
    let mut archive = tar::Builder::new(plain);
    archive.follow_symlinks(false);
    let mut writer = Writer {
        archive,
        root,
        keep,
        links: HashMap::new(),
    };
    writer.directory(Path::new(""))?;
    let plain = writer.archive.into_inner()?;
    let (gzip, diff_id, _) = plain.finish();
    let (mut file, digest, size) = gzip.finish()?.finish();
    file.flush()?;
    file.get_ref().sync_all()?;
    Ok(Layer { digest, size, diff_id })
}

struct Writer<'a, W: Write> {
    archive: tar::Builder<W>,
    root: &'a Path,
    keep: fn(&str) -> Keep,
    /// Files with several names, by device and number, with the first name they were written under.
    links: HashMap<(u64, u64), PathBuf>,
}

impl<W: Write> Writer<'_, W> {
    /// Writes what is in a directory, sorted by name.
    fn directory(&mut self, inner: &Path) -> io::Result<()> {
        let mut names: Vec<_> = std::fs::read_dir(self.root.join(inner))?
            .map(|entry| Ok(entry?.file_name()))
            .collect::<io::Result<_>>()?;
        names.sort();
        for name in names {
            let path = inner.join(name);
            let keep = path.to_str().map_or(Keep::Yes, self.keep);
            if keep != Keep::No {
                self.entry(&path, keep)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, keep: Keep) -> io::Result<()> {
        let outer = self.root.join(path);
        let found = std::fs::symlink_metadata(&outer)?;
        let kind = found.file_type();
        let special = kind.is_block_device() || kind.is_char_device() || kind.is_fifo() || kind.is_socket();
        if special {
            return Ok(());
        }
        let mut header = tar::Header::new_gnu();
        header.set_metadata(&found);
        // The process that wrote the file has no meaning elsewhere; neither have the names of its accounts.
        header.set_size(0);
        if kind.is_dir() {
            self.archive.append_data(&mut header, path, io::empty())?;
            return if keep == Keep::Empty {
                Ok(())
            } else {
                self.directory(path)
            };
        }
        if kind.is_symlink() {
            return self.archive.append_link(&mut header, path, std::fs::read_link(&outer)?);
        }
        if found.nlink() > 1 {
            if let Some(first) = self.links.get(&(found.dev(), found.ino())) {
                header.set_entry_type(tar::EntryType::Link);
                return self.archive.append_link(&mut header, path, first);
            }
            self.links.insert((found.dev(), found.ino()), path.to_owned());
        }
        header.set_size(found.len());
        self.archive.append_data(&mut header, path, File::open(&outer)?)
    }
}

/// Passes bytes on and makes their digest.
struct Hashing<W> {
    inner: W,
    hasher: Hasher,
    size: u64,
}

impl<W: Write> Hashing<W> {
    fn new(inner: W) -> Self {
        Self {
            inner,
            hasher: Hasher::new(Algorithm::Sha256),
            size: 0,
        }
    }

    fn finish(self) -> (W, Digest, u64) {
        (self.inner, self.hasher.finish(), self.size)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.size += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn file_system_is_written_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("root");
        std::fs::create_dir_all(root.join("usr/bin")).unwrap();
        std::fs::create_dir_all(root.join("tmp/left")).unwrap();
        std::fs::write(root.join("usr/bin/su"), "program").unwrap();
        std::fs::set_permissions(root.join("usr/bin/su"), PermissionsExt::from_mode(0o4755)).unwrap();
        std::fs::hard_link(root.join("usr/bin/su"), root.join("usr/bin/zu")).unwrap();
        symlink("/etc/passwd", root.join("link")).unwrap();
        std::fs::write(root.join("gone"), "x").unwrap();
        let keep = |path: &str| match path {
            "tmp" => Keep::Empty,
            "gone" => Keep::No,
            _ => Keep::Yes,
        };
        let out = directory.path().join("layer");
        let layer = write(&root, &out, keep).unwrap();

        let compressed = std::fs::read(&out).unwrap();
        assert_eq!(
            (layer.digest.clone(), layer.size),
            (Digest::sha256_of(&compressed), compressed.len() as u64)
        );
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(compressed.as_slice())
            .read_to_end(&mut plain)
            .unwrap();
        assert_eq!(layer.diff_id, Digest::sha256_of(&plain));
        let mut archive = tar::Archive::new(plain.as_slice());
        let entries: Vec<String> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let target = entry
                    .link_name()
                    .unwrap()
                    .map(|target| format!(" -> {}", target.display()));
                let header = entry.header();
                format!(
                    "{} {:o} {}{}",
                    entry.path().unwrap().display(),
                    header.mode().unwrap() & 0o7000,
                    header.size().unwrap(),
                    target.unwrap_or_default()
                )
            })
            .collect();
        assert_eq!(
            entries,
            [
                "link 0 0 -> /etc/passwd",
                "tmp 0 0",
                "usr 0 0",
                "usr/bin 0 0",
                "usr/bin/su 4000 7",
                "usr/bin/zu 4000 0 -> usr/bin/su"
            ]
        );
    }
}
