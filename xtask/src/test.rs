use anyhow::Result;

use crate::{cargo, packages};

/// Installs what the tests need, builds the binaries that they start, and runs them all.
pub fn run(arguments: &[&str]) -> Result<()> {
    packages::for_tests()?;
    cargo::run(&["build", "--locked", "--workspace", "--bins"])?;
    let mut words = vec!["test", "--locked", "--workspace", "--no-fail-fast"];
    words.extend(arguments);
    cargo::run(&words)
}
