use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// A program of this workspace: it lies beside the one that runs now, or one directory up when that is a test.
pub fn binary(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("own path")?;
    let directories = own.ancestors().skip(1).take(2);
    let found = directories
        .map(|directory| directory.join(name))
        .find(|path| path.is_file());
    match found {
        Some(path) => Ok(path),
        None => bail!("{name} is not built; run `cargo build --workspace --bins` or `cargo xtask test`"),
    }
}

/// A program of the machine, or `None`.
pub fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    places.extend(["/usr/sbin", "/sbin"].map(PathBuf::from));
    places
        .iter()
        .map(|place| place.join(name))
        .find(|candidate: &PathBuf| is_program(candidate))
}

fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// Why containers cannot run here, or `None` when they can.
pub fn engine_missing() -> Option<String> {
    let engines = ["podman", "dockerd"];
    let present = engines.iter().any(|name| tool(name).is_some());
    match (present, rustix::process::geteuid().is_root()) {
        (false, _) => Some("neither podman nor docker is installed".into()),
        (true, false) => Some("pod addresses are reachable from the host for root only".into()),
        (true, true) => None,
    }
}

/// The real kubectl: `WEIR_KUBECTL`, or one of a pinned version beside the `kubectl` of the path, which may be a
/// dispatcher, or that itself.
pub fn kubectl() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("WEIR_KUBECTL") {
        return Some(path.into());
    }
    let plain = tool("kubectl")?;
    let beside = plain
        .canonicalize()
        .ok()
        .and_then(|real| Some(real.parent()?.join("kubectl.1.32")));
    Some(beside.filter(|path| is_program(path)).unwrap_or(plain))
}

/// The real oc, when `WEIR_OC` names it.
pub fn oc() -> Option<PathBuf> {
    std::env::var_os("WEIR_OC")
        .map(PathBuf::from)
        .filter(|path| is_program(path))
}

/// Says why a test does nothing here. Printed even when the test passes, if output is shown.
pub fn skip(test: &str, reason: &str) {
    println!("skipped: {test}: {reason}");
}
