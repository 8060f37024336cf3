//! `create`: objects from files, and the kinds that can be said in words.

mod config_map;
mod data;
mod deployment_config;
mod files;
mod image_stream;
mod image_stream_tag;
mod namespace;
mod quota;
mod secret;
mod service;
mod service_account;
mod token;

use std::path::PathBuf;

use crate::failure::Failure;
use crate::session::Session;
use crate::writing::{Validation, WriteOptions};

pub use data::{Data, DataArgs, parse_pair};

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
    #[command(name = "configmap", visible_alias = "cm")]
    ConfigMap(config_map::Args),
    #[command(name = "deploymentconfig", visible_alias = "dc")]
    DeploymentConfig(deployment_config::Args),
    #[command(name = "imagestream", visible_alias = "is")]
    ImageStream(image_stream::Args),
    #[command(name = "imagestreamtag", visible_alias = "istag")]
    ImageStreamTag(image_stream_tag::Args),
    #[command(visible_alias = "ns")]
    Namespace(namespace::Args),
    #[command(visible_alias = "resourcequota")]
    Quota(quota::Args),
    Secret(secret::Args),
    #[command(visible_alias = "svc")]
    Service(service::Args),
    #[command(name = "serviceaccount", visible_alias = "sa")]
    ServiceAccount(service_account::Args),
    Token(token::Args),
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    match &args.kind {
        Some(Kind::ConfigMap(words)) => config_map::run(words, session).await,
        Some(Kind::DeploymentConfig(words)) => deployment_config::run(words, session).await,
        Some(Kind::ImageStream(words)) => image_stream::run(words, session).await,
        Some(Kind::ImageStreamTag(words)) => image_stream_tag::run(words, session).await,
        Some(Kind::Namespace(words)) => namespace::run(words, session).await,
        Some(Kind::Quota(words)) => quota::run(words, session).await,
        Some(Kind::Secret(words)) => secret::run(words, session).await,
        Some(Kind::Service(words)) => service::run(words, session).await,
        Some(Kind::ServiceAccount(words)) => service_account::run(words, session).await,
        Some(Kind::Token(words)) => token::run(words, session).await,
        None => files::run(&args, session).await,
    }
}

#[cfg(test)]
mod tests;
