use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::builder_images::LocalBuilderImages;
use crate::{reset, up, user};

/// Image streams, builds and deployments on one machine, in the words of oc
#[derive(Parser, Debug)]
#[command(
    name = "weir",
    version,
    propagate_version = false,
    disable_help_subcommand = true,
    max_term_width = 120
)]
struct CommandLine {
    #[command(flatten)]
    global: weir_cli::GlobalOptions,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Run everything on this machine, in the foreground
    Up(up::Options),
    /// Remove what `weir up` made: containers, networks and the data directory
    Reset(reset::Options),
    /// Say who may log in to the server of this machine with a name and a password
    #[command(subcommand)]
    User(user::Command),
    #[command(flatten)]
    Client(weir_cli::Command),
}

pub async fn run() -> ExitCode {
    let CommandLine { global, verb } = CommandLine::parse();
    let data_dir = global.data_dir.clone();
    match verb {
        Verb::Up(options) => finish(up::run(options, data_dir).await),
        Verb::Reset(options) => finish(reset::run(options, data_dir).await),
        Verb::User(command) => finish(user::run(command, data_dir)),
        Verb::Client(command) => {
            let program = weir_cli::Program {
                parser: CommandLine::command(),
                builder_images: &LocalBuilderImages,
            };
            weir_cli::run(command, global, program).await
        }
    }
}

fn finish(done: anyhow::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
