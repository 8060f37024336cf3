use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use tokio_util::io::SyncIoBridge;

use super::{Container, RemotePath};
use crate::commands::exec::{conclude, pump};
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Lets a `tar` in the container pack `from`, and unpacks it here. As `cp` does, a directory that is there takes it in.
pub async fn run(container: &Container<'_>, from: &RemotePath, to: &Path) -> Result<(), Failure> {
    let target = if to.is_dir() {
        to.join(from.name())
    } else {
        to.to_owned()
    };
    let mut process = container.start(from, &["tar", "cf", "-", &from.path], false).await?;
    let status = process.take_status();
    let Some(stdout) = process.stdout() else {
        return Err(Failure::refused("the server gave no output of tar"));
    };
    let unpacking = tokio::task::spawn_blocking({
        let inner = from.path.trim_matches('/').trim_start_matches("./").to_owned();
        let terminal = container.session.terminal.clone();
        move || unpack(SyncIoBridge::new(stdout), &inner, &target, &terminal)
    });
    let (err, unpacked) = tokio::join!(pump(process.stderr(), io::stderr()), unpacking);
    err?;
    let ended = match status {
        Some(status) => status.await,
        None => None,
    };
    conclude(ended)?;
    match unpacked {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Failure::refused(format!("cannot write {}: {error}", to.display()))),
        Err(error) => Err(Failure::refused(format!("unpacking was interrupted: {error}"))),
    }
}

/// What the container sends may be hostile: nothing is written outside `target`, and links are left out.
fn unpack(archive: impl Read, inner: &str, target: &Path, terminal: &Terminal) -> io::Result<()> {
    let mut archive = tar::Archive::new(archive);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let Some(place) = place(&path, inner, target) else {
            terminal.note(format!("warning: {} is not in {inner} and is left out", path.display()));
            continue;
        };
        let kind = entry.header().entry_type();
        if kind.is_dir() {
            std::fs::create_dir_all(&place)?;
        } else if kind.is_file() {
            if let Some(parent) = place.parent() {
                std::fs::create_dir_all(parent)?;
            }
            // A link that was here before must not lead elsewhere.
            match std::fs::symlink_metadata(&place) {
                Ok(known) if known.is_symlink() => std::fs::remove_file(&place)?,
                _ => {}
            }
            let mut file = std::fs::File::create(&place)?;
            io::copy(&mut entry, &mut file)?;
        } else {
            terminal.note(format!(
                "warning: {} is a link or a device and is left out",
                path.display()
            ));
        }
    }
    // The rest of the stream, so that the other side can end.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map(|_| ())
}

/// Where an entry goes: its path below `inner`, below `target`.
fn place(path: &Path, inner: &str, target: &Path) -> Option<PathBuf> {
    let clean = |path: &Path| -> Option<PathBuf> {
        let mut parts = PathBuf::new();
        for part in path.components() {
            match part {
                Component::Normal(name) => parts.push(name),
                Component::CurDir | Component::RootDir => {}
                Component::ParentDir | Component::Prefix(_) => return None,
            }
        }
        Some(parts)
    };
    let (path, inner) = (clean(path)?, clean(Path::new(inner)).unwrap_or_default());
    let rest = path.strip_prefix(&inner).ok()?;
    Some(match rest.as_os_str().is_empty() {
        true => target.to_owned(),
        false => target.join(rest),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_stay_in_the_target() {
        let target = Path::new("/here/t");
        for (path, expected) in [
            ("opt/app/a.txt", Some("/here/t/a.txt")),
            ("./opt/app/d/b", Some("/here/t/d/b")),
            ("opt/app", Some("/here/t")),
            ("/opt/app/x", Some("/here/t/x")),
            ("opt/app/../../etc/passwd", None),
            ("etc/passwd", None),
        ] {
            assert_eq!(
                place(Path::new(path), "opt/app", target),
                expected.map(PathBuf::from),
                "{path}"
            );
        }
    }
}
