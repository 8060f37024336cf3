//! Files that only their owner may read: tokens, keys, kubeconfigs.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Writes `content` to `path` with mode 0600, so that a crash leaves the old file or the new one, never half of one.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = temporary_beside(path);
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    let written = file
        .write_all(content)
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        // The first error is the one to report; a leftover is swept by its name at the next write.
        let _ = std::fs::remove_file(&temporary);
    }
    written?;
    sync_directory(path)
}

/// The content of `path`, made by `make` and stored at the first call.
pub fn read_or_create(path: &Path, make: impl FnOnce() -> String) -> io::Result<String> {
    match std::fs::read_to_string(path) {
        Ok(content) => Ok(content),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let content = make();
            write(path, content.as_bytes())?;
            Ok(content)
        }
        Err(error) => Err(error),
    }
}

fn temporary_beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn written_file_is_private_and_replaces_the_old_one() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("token");
        write(&path, b"one").expect("write");
        write(&path, b"two").expect("write again");
        assert_eq!(std::fs::read(&path).expect("read"), b"two");
        assert_eq!(
            std::fs::metadata(&path).expect("metadata").permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            std::fs::read_dir(directory.path()).expect("list").count(),
            1,
            "nothing is left beside it"
        );
    }

    #[test]
    fn created_content_is_kept() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("token");
        assert_eq!(read_or_create(&path, || "one".into()).expect("create"), "one");
        assert_eq!(read_or_create(&path, || "two".into()).expect("read"), "one");
    }
}
