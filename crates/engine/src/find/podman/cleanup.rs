use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::command;
use super::directories::Directories;

/// How often, and how long apart, a directory is removed in which others still write.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

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
        let containers = ["rm", "--all", "--force", "--time", "0", "--volumes"];
        // All go at once, so one that others share the network of can be tried before them, and stays: the others are
        // gone when it is tried again.
        run(&podman, &directories, &containers).or_else(|_| run(&podman, &directories, &containers))?;
        run(&podman, &directories, &["rmi", "--all", "--force"])?;
    }
    for path in [&directories.volatile, &directories.root] {
        remove(&directories, path)?;
    }
    Ok(())
}

/// What podman started to clean up after a container that has just gone may still write while we remove.
fn remove(directories: &Directories, path: &Path) -> Result<(), CleanupError> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        end_monitors(directories);
        unmount_below(path);
        match std::fs::remove_dir_all(path) {
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(source) if attempts == ATTEMPTS => {
                return Err(CleanupError::Remove {
                    path: path.to_owned(),
                    source,
                });
            }
            Err(_) => std::thread::sleep(PAUSE),
            Ok(()) => return Ok(()),
        }
    }
}

pub(super) fn run(podman: &Path, directories: &Directories, arguments: &[&str]) -> Result<(), CleanupError> {
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

/// Monitors of ended execs stay for a while and would call podman on directories that are gone. Ours are known by the
/// bundle they were started with.
fn end_monitors(directories: &Directories) {
    let bundles = format!("{}/", directories.storage.display());
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return;
    };
    for entry in processes.flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<i32>().ok())
            .and_then(Pid::from_raw)
        else {
            continue;
        };
        // Processes come and go while we look.
        let Ok(arguments) = std::fs::read(entry.path().join("cmdline")) else {
            continue;
        };
        let mut words = arguments.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        let is_monitor = words.next().is_some_and(|program| program.ends_with("conmon"));
        if is_monitor && words.any(|word| word.starts_with(&bundles)) {
            let _ended = kill_process(pid, Signal::KILL);
        }
    }
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
