use std::process::Command;

use anyhow::{Result, bail};

use crate::{cargo, packages};

/// Builds with optimization and runs one benchmark.
pub fn run(arguments: &[&str]) -> Result<()> {
    match arguments {
        ["journey", rest @ ..] => {
            packages::for_demo()?;
            build("weir-bench-journey")?;
            let mut bench = Command::new(cargo::target().join("release/weir-bench-journey"));
            cargo::status(bench.args(rest), "bench journey")
        }
        ["api", rest @ ..] => {
            build("weir-bench-api")?;
            let mut bench = Command::new(cargo::target().join("release/weir-bench-api"));
            cargo::status(bench.args(rest), "bench api")
        }
        _ => bail!("which benchmark? there are: api, journey"),
    }
}

/// The program and one benchmark of it, and nothing else: linking with optimization takes minutes.
fn build(bench: &str) -> Result<()> {
    let packages = ["--package", "weir", "--package", "weir-tests"];
    let programs = ["--bin", "weir", "--bin", bench];
    cargo::run(&[&["build", "--locked", "--release"], &packages[..], &programs[..]].concat())
}
