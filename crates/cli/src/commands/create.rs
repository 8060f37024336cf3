//! `create`: objects from files, and the kinds that can be said in words.

mod deployment_config;
mod files;
mod image_stream;

use std::path::PathBuf;

use crate::failure::Failure;
use crate::session::Session;
use crate::writing::{Validation, WriteOptions};

/// Create objects from files or from words
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    kind: Option<Kind>,
    /// A file, a directory, or - for standard input
    #[arg(short, long, value_name = "FILE")]
    filename: Vec<PathBuf>,
    /// Also read the directories in a directory
    #[arg(short = 'R', long)]
    recursive: bool,
    /// What to do about unknown fields
    #[arg(long, value_name = "HOW", default_value = "strict")]
    validate: Validation,
    #[command(flatten)]
    writing: WriteOptions,
}

#[derive(clap::Subcommand, Debug)]
enum Kind {
    #[command(name = "deploymentconfig", visible_alias = "dc")]
    DeploymentConfig(deployment_config::Args),
    #[command(name = "imagestream", visible_alias = "is")]
    ImageStream(image_stream::Args),
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    match &args.kind {
        Some(Kind::DeploymentConfig(words)) => deployment_config::run(words, session).await,
        Some(Kind::ImageStream(words)) => image_stream::run(words, session).await,
        None => files::run(&args, session).await,
    }
}

#[cfg(test)]
mod tests;
