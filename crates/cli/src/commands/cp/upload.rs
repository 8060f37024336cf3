use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tokio_util::io::SyncIoBridge;

use super::{Container, RemotePath};
use crate::commands::exec::{conclude, pump};
use crate::failure::Failure;

/// Packs `from` and lets a `tar` in the container unpack it. As `cp` does, a directory that is there takes it in.
pub async fn run(container: &Container<'_>, from: &Path, to: &RemotePath, no_preserve: bool) -> Result<(), Failure> {
    let mut to = to.clone();
    if is_directory(container, &to).await? {
        let name = from
            .canonicalize()?
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        to.path = format!("{}/{name}", to.path.trim_end_matches('/'));
    }
    let mut command = vec!["tar"];
    if no_preserve {
        command.extend(["--no-same-permissions", "--no-same-owner"]);
    }
    command.extend(["-xmf", "-", "-C", to.directory()]);
    let mut process = container.start(&to, &command, true).await?;
    let status = process.take_status();
    let Some(stdin) = process.stdin() else {
        return Err(Failure::refused("the server took no input for tar"));
    };
    let packing = tokio::task::spawn_blocking({
        let (from, name) = (PathBuf::from(from), to.name().to_owned());
        move || pack(&from, &name, SyncIoBridge::new(stdin))
    });
    let said = tokio::join!(
        pump(process.stdout(), io::stdout()),
        pump(process.stderr(), io::stderr()),
        packing
    );
    let ended = match status {
        Some(status) => status.await,
        None => None,
    };
    // A tar that failed tells more than the pipe to it that broke.
    conclude(ended)?;
    said.0?;
    said.1?;
    match said.2 {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Failure::refused(format!("cannot read {}: {error}", from.display()))),
        Err(error) => Err(Failure::refused(format!(
            "packing {} was interrupted: {error}",
            from.display()
        ))),
    }
}

async fn is_directory(container: &Container<'_>, place: &RemotePath) -> Result<bool, Failure> {
    let mut process = container.start(place, &["test", "-d", &place.path], false).await?;
    let status = process.take_status();
    let (out, err) = tokio::join!(pump(process.stdout(), io::sink()), pump(process.stderr(), io::sink()));
    out?;
    err?;
    let ended = match status {
        Some(status) => status.await,
        None => None,
    };
    match conclude(ended) {
        Ok(()) => Ok(true),
        // What `test` says no with.
        Err(Failure::Ended { .. }) => Ok(false),
        Err(failure) => Err(failure),
    }
}

fn pack<W>(from: &Path, name: &str, mut to: SyncIoBridge<W>) -> io::Result<()>
where
    W: tokio::io::AsyncWrite + Unpin,
{
    let mut archive = tar::Builder::new(&mut to);
    archive.follow_symlinks(false);
    if from.is_dir() {
        archive.append_dir_all(name, from)?;
    } else {
        // One file is meant itself, wherever a link says it is.
        archive.append_file(name, &mut std::fs::File::open(from)?)?;
    }
    archive.finish()?;
    drop(archive);
    to.flush()?;
    to.shutdown()
}
