use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::up;

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
    #[command(flatten)]
    Client(weir_cli::Command),
}

pub async fn run() -> ExitCode {
    let CommandLine { global, verb } = CommandLine::parse();
    let data_dir = global.data_dir.clone();
    match verb {
        Verb::Up(options) => finish(up::run(options, data_dir).await),
        Verb::Client(command) => {
            let program = weir_cli::Program {
                parser: CommandLine::command(),
                builder_images: &NoImages,
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

struct NoImages;
#[async_trait::async_trait]
impl weir_cli::BuilderImages for NoImages {
    async fn import(
        &self,
        _: weir_cli::BuilderImport<'_>,
        _: weir_cli::Progress<'_>,
    ) -> Result<weir_cli::ImportedBuilder, Box<dyn std::error::Error + Send + Sync>> {
        Err("not yet".into())
    }
}
