use std::process::Command;

use anyhow::Result;

use crate::{cargo, packages};

/// Installs and builds what is missing, then hands over to the demo program.
pub fn run(arguments: &[&str]) -> Result<()> {
    packages::for_demo()?;
    cargo::run(&["build", "--locked", "--workspace", "--bins"])?;
    let mut demo = Command::new(cargo::target().join("debug/weir-demo"));
    cargo::status(demo.args(arguments), "demo")
}
