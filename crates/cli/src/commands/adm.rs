//! `adm`: what administrators do.

use super::policy;
use crate::failure::Failure;
use crate::session::Session;

/// Administer the cluster
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Say who may do what, in a project or everywhere
    Policy {
        #[command(subcommand)]
        command: Policy,
    },
}

#[derive(clap::Subcommand, Debug)]
enum Policy {
    #[command(flatten)]
    Cluster(policy::ClusterCommand),
    #[command(flatten)]
    Project(policy::Command),
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let Command::Policy { command } = args.command;
    match command {
        Policy::Cluster(command) => policy::dispatch_cluster(command, session).await,
        Policy::Project(command) => policy::dispatch(command, session).await,
    }
}
