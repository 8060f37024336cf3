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

/// Says why a test does nothing here. Printed even when the test passes, if output is shown.
pub fn skip(test: &str, reason: &str) {
    println!("skipped: {test}: {reason}");
}
