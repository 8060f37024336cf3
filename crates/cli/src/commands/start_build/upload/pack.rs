use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, HeaderMode};

use super::exclusion::Exclusion;

/// How much of git's complaints is shown.
const MAX_COMPLAINT_BYTES: u64 = 4096;

/// What is not left out of a directory as a tar archive, compressed with gzip.
pub fn directory(directory: &Path, exclusion: &Exclusion, out: &mut dyn Write) -> io::Result<()> {
    let mut archive = Builder::new(GzEncoder::new(out, Compression::fast()));
    archive.follow_symlinks(false);
    // Who owns the files here and when they changed is nobody's business there.
    archive.mode(HeaderMode::Deterministic);
    entries(directory, Path::new(""), exclusion, &mut archive)?;
    archive.into_inner()?.finish().map(drop)
}

fn entries<W: Write>(
    directory: &Path,
    inner: &Path,
    exclusion: &Exclusion,
    archive: &mut Builder<W>,
) -> io::Result<()> {
    let mut names: Vec<_> = fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<io::Result<_>>()?;
    names.sort();
    for name in &names {
        let (path, inner) = (directory.join(name), inner.join(name));
        let kind = fs::symlink_metadata(&path)?.file_type();
        // A socket or a pipe is nothing to build from.
        let is_source = kind.is_dir() || kind.is_file() || kind.is_symlink();
        if is_source && !exclusion.has(&inner) {
            archive.append_path_with_name(&path, &inner).map_err(about(&path))?;
        }
        // What is in a directory is looked at by itself, even where the directory is left out.
        if kind.is_dir() {
            entries(&path, &inner, exclusion, archive)?;
        }
    }
    Ok(())
}

/// A file as it is.
pub fn file(path: &Path, out: &mut dyn Write) -> io::Result<()> {
    io::copy(&mut File::open(path).map_err(about(path))?, out)
        .map(drop)
        .map_err(about(path))
}

/// The files of a commit as a tar archive, compressed with gzip.
pub fn commit(repository: &Path, commit: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut git = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(["archive", "--format=tar", commit])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut archive = GzEncoder::new(out, Compression::fast());
    let copied = match git.stdout.take() {
        Some(mut printed) => io::copy(&mut printed, &mut archive),
        None => Ok(0),
    };
    let mut complaint = String::new();
    if let Some(said) = git.stderr.take() {
        said.take(MAX_COMPLAINT_BYTES).read_to_string(&mut complaint)?;
    }
    let status = git.wait()?;
    copied?;
    match status.success() {
        true => archive.finish().map(drop),
        false => Err(io::Error::other(complaint.trim().to_owned())),
    }
}

fn about(path: &Path) -> impl Fn(io::Error) -> io::Error + '_ {
    move |error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::symlink;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn a_directory_is_packed_without_its_history_and_links_stay_links() {
        let directory = tempfile::tempdir().unwrap();
        let at = |path: &str| directory.path().join(path);
        for path in [".git/objects", "sub/.git", "empty"] {
            fs::create_dir_all(at(path)).unwrap();
        }
        for path in ["a", "sub/b", ".git/HEAD", ".gitignore"] {
            fs::write(at(path), path).unwrap();
        }
        symlink("/etc/passwd", at("link")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        let mut packed = Vec::new();
        super::directory(directory.path(), &Exclusion::default(), &mut packed).unwrap();
        let mut archive = tar::Archive::new(GzDecoder::new(packed.as_slice()));
        let found: BTreeMap<String, String> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let mut entry = entry.unwrap();
                let mut text = String::new();
                entry.read_to_string(&mut text).unwrap();
                let link = entry.link_name().unwrap().map(|link| link.display().to_string());
                (entry.path().unwrap().display().to_string(), link.unwrap_or(text))
            })
            .collect();
        let expected = [
            (".gitignore", ".gitignore"),
            ("a", "a"),
            ("empty", ""),
            ("link", "/etc/passwd"),
            ("sub", ""),
            ("sub/b", "sub/b"),
        ];
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(path, text)| (path.trim_end_matches('/'), text.as_str()))
            .collect();
        assert_eq!(found, expected);
    }
}
