//! The binary: `weir up` runs everything on one machine, `weir reset` removes it again, and every other verb is the
//! command line.

mod bootstrap;
mod builder_images;
mod command_line;
mod data_directory;
mod engine;
mod nodes;
mod reset;
mod up;
mod user;

use std::process::ExitCode;

/// Objects are trees of small pieces that one thread makes and another drops; the system's allocator takes a quarter of
/// the time of a write for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The unprivileged half of a build: it must start before anything of the program itself does.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|verb| verb == weir_builder::CHILD_VERB)
    {
        return weir_builder::child_main(std::env::args_os().skip(2));
    }
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        unreachable!("nothing installs a crypto provider before main does");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(command_line::run()),
        Err(error) => {
            eprintln!("weir: threads cannot be started: {error}");
            ExitCode::FAILURE
        }
    }
}
