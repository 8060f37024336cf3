//! The builder's unprivileged child as a program of its own, for installations and tests whose main binary is another.

use std::process::ExitCode;

fn main() -> ExitCode {
    weir_builder::child_main(std::env::args_os().skip(1))
}
