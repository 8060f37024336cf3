//! `weir reset`: the way back to a machine that Weir was never on.

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use weir_builder::Builder;
use weir_engine::EngineError;
use weir_engine::find::podman;
use weir_store_embedded::{EmbeddedStore, OpenError};

use crate::data_directory::DataDirectory;
use crate::engine;

#[derive(clap::Args, Debug)]
pub struct Options {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// The container engine to clean up, as with `weir up`
    #[arg(long, value_name = "ENGINE")]
    engine: Option<String>,
}

pub async fn run(options: Options, data_dir: Option<PathBuf>) -> Result<()> {
    let data = DataDirectory::named(data_dir)?;
    if !data.path().join("lock").exists() {
        println!(
            "nothing to remove: {} is not a data directory of weir",
            data.path().display()
        );
        return Ok(());
    }
    refuse_while_in_use(&data)?;
    if !options.yes && !confirmed(&data)? {
        println!("nothing was removed");
        return Ok(());
    }
    remove_containers(&options, &data).await?;
    podman::remove_everything(data.path())?;
    for elsewhere in Builder::directories_elsewhere(data.path()) {
        remove_directory(&elsewhere)?;
    }
    remove_directory(data.path())?;
    println!("removed {}", data.path().display());
    Ok(())
}

fn refuse_while_in_use(data: &DataDirectory) -> Result<()> {
    match EmbeddedStore::open(data.path()) {
        Err(OpenError::InUse { pid, .. }) => {
            bail!(
                "`weir up` (pid {pid}) is still running on {}; stop it first: kill {pid}",
                data.path().display()
            )
        }
        // A damaged store is a good reason to reset.
        Ok(_) | Err(_) => Ok(()),
    }
}

fn confirmed(data: &DataDirectory) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!(
            "not asked because standard input is no terminal; add --yes to remove everything in {}",
            data.path().display()
        );
    }
    print!(
        "Remove all projects, images and containers in {}? [y/N] ",
        data.path().display()
    );
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Containers and networks on an engine that is not our own child; that one goes as a whole.
async fn remove_containers(options: &Options, data: &DataDirectory) -> Result<()> {
    let Some(engine) = engine::foreign(options.engine.clone(), data).await? else {
        return Ok(());
    };
    let labels = [(
        weir_agent::INSTALLATION_LABEL.to_owned(),
        podman::network_name(data.path()),
    )]
    .into();
    for container in engine.list(&labels).await? {
        tolerate_missing(engine.remove(&container.id, true).await)?;
    }
    for network in engine.networks(&labels).await? {
        tolerate_missing(engine.remove_network(&network.name).await)?;
    }
    Ok(())
}

fn remove_directory(path: &Path) -> Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| path.display().to_string())
        }
        _ => Ok(()),
    }
}

fn tolerate_missing(removed: Result<(), EngineError>) -> Result<()> {
    match removed {
        Ok(()) | Err(EngineError::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
