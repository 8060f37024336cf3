use anyhow::Result;

use crate::{cargo, packages};

/// Installs what the tests need and runs them all. The programs that tests start are built with the tests: each of
/// their packages has integration tests.
pub fn run(arguments: &[&str]) -> Result<()> {
    packages::for_tests()?;
    let mut words = vec!["test", "--locked", "--workspace", "--no-fail-fast"];
    words.extend(arguments);
    cargo::run(&words)?;
    if !arguments.is_empty() {
        return Ok(());
    }
    // The workspace wants this feature only of what makes the binary, so its own tests are not among those above.
    cargo::run(&["test", "--locked", "--package", "weir-api", "--features", "schema"])
}
