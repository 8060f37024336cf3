use std::process::Command;

use anyhow::{Result, bail};

use crate::{cargo, packages};

/// Builds with optimization and runs one benchmark.
pub fn run(arguments: &[&str]) -> Result<()> {
    match arguments {
        ["journey", rest @ ..] => {
            packages::for_demo()?;
            cargo::run(&["build", "--locked", "--release", "--workspace", "--bins"])?;
            let mut bench = Command::new(cargo::target().join("release/weir-bench-journey"));
            cargo::status(bench.args(rest), "bench journey")
        }
        ["api", rest @ ..] => {
            cargo::run(&[
                "build",
                "--locked",
                "--release",
                "--package",
                "weir",
                "--package",
                "weir-tests",
                "--bins",
            ])?;
            let mut bench = Command::new(cargo::target().join("release/weir-bench-api"));
            cargo::status(bench.args(rest), "bench api")
        }
        _ => bail!("which benchmark? there are: api, journey"),
    }
}
