//! The project's own commands: `cargo xtask demo`, `cargo xtask test`, `cargo xtask bench NAME`,
//! `cargo xtask fuzz`.
//!
//! It depends on almost nothing, so that it starts on a fresh machine before anything is installed or built.

mod bench;
mod cargo;
mod demo;
mod fuzz;
mod packages;
mod test;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <command>

commands:
  demo [--keep]    install what is missing, build, and walk the tutorial on real parts
  test [ARG...]    install what the tests need and run all of them; ARGs go to cargo test
  bench NAME       measure: api [--quick] [ROW...] for the API server, journey from push to container
  fuzz [--smoke] [--seconds N] [TARGET...]
                   run the fuzz targets, each for 60 s or N

Packages are installed with apt-get when this runs as root; otherwise the one command to run is printed.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["demo", ref rest @ ..] => demo::run(rest),
        ["test", ref rest @ ..] => test::run(rest),
        ["bench", ref rest @ ..] => bench::run(rest),
        ["fuzz", ref rest @ ..] => fuzz::run(rest),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
