use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::command;
use super::directories::Directories;

#[derive(Debug, thiserror::Error)]
pub enum CleanupError {
    #[error("cannot run podman to remove its containers: {0}")]
    Run(std::io::Error),
    #[error("podman could not remove its containers: {0}")]
    Podman(String),
    #[error("cannot remove {}: {source}", path.display())]
    Remove { path: PathBuf, source: std::io::Error },
}

/// Removes what our own engine keeps for a data directory: containers, images, directories. The service must be
/// stopped. Uses the plain `rm` and `rmi` commands on our directories; podman's `system reset` would also touch what
/// belongs to others.
pub fn remove_everything(data_dir: &Path) -> Result<(), CleanupError> {
    let directories = Directories::of(data_dir);
    if directories.storage.exists()
        && let Some(podman) = command()
    {
        run(
            &podman,
            &directories,
            &["rm", "--all", "--force", "--time", "0", "--volumes"],
        )?;
        run(&podman, &directories, &["rmi", "--all", "--force"])?;
    }
    for path in [&directories.volatile, &directories.root] {
        unmount_below(path);
        match std::fs::remove_dir_all(path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(CleanupError::Remove {
                    path: path.clone(),
                    source,
                });
            }
            _ => {}
        }
    }
    Ok(())
}

fn run(podman: &Path, directories: &Directories, arguments: &[&str]) -> Result<(), CleanupError> {
    let output = Command::new(podman)
        .args(directories.options())
        .args(arguments)
        .envs(directories.environment())
        .stdin(Stdio::null())
        .output()
        .map_err(CleanupError::Run)?;
    if output.status.success() {
        return Ok(());
    }
    Err(CleanupError::Podman(
        String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    ))
}

/// Podman leaves its storage directory mounted on itself.
fn unmount_below(path: &Path) {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let prefix = path.to_string_lossy().into_owned();
    let below = |target: &&str| *target == prefix || target.starts_with(&format!("{prefix}/"));
    // The inner ones were mounted last.
    for target in mounts
        .lines()
        .filter_map(|line| line.split(' ').nth(1))
        .filter(below)
        .rev()
    {
        if let Err(error) = rustix::mount::unmount(target, rustix::mount::UnmountFlags::DETACH) {
            tracing::warn!(target, %error, "cannot unmount");
        }
    }
}
