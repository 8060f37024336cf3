//! `policy`: who holds which role in a project.

mod change;
mod plan;
mod subjects;
mod who_can;

use crate::failure::Failure;
use crate::session::Session;

pub use change::{GroupChange, UserChange};
pub use plan::Direction;
pub use who_can::WhoCan;

use plan::Place;

/// Say who may do what in a project
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
pub enum Command {
    /// Give a role to users or service accounts in this project
    AddRoleToUser(UserChange),
    /// Give a role to groups in this project
    AddRoleToGroup(GroupChange),
    /// Take a role from users or service accounts in this project
    RemoveRoleFromUser(UserChange),
    /// Take a role from groups in this project
    RemoveRoleFromGroup(GroupChange),
    /// List who may do something
    WhoCan(WhoCan),
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    dispatch(args.command, session).await
}

pub async fn dispatch(command: Command, session: &Session<'_>) -> Result<(), Failure> {
    let here = Place::Namespace(session.namespace().await?.to_owned());
    match command {
        Command::AddRoleToUser(change) => change.run(here, Direction::Add, session).await,
        Command::AddRoleToGroup(change) => change.run(here, Direction::Add, session).await,
        Command::RemoveRoleFromUser(change) => change.run(here, Direction::Remove, session).await,
        Command::RemoveRoleFromGroup(change) => change.run(here, Direction::Remove, session).await,
        Command::WhoCan(question) => question.run(session).await,
    }
}

/// The commands of `adm policy` that are about the whole cluster.
#[derive(clap::Subcommand, Debug)]
pub enum ClusterCommand {
    /// Give a role to users or service accounts in all projects
    AddClusterRoleToUser(UserChange),
    /// Give a role to groups in all projects
    AddClusterRoleToGroup(GroupChange),
    /// Take a role from users or service accounts in all projects
    RemoveClusterRoleFromUser(UserChange),
    /// Take a role from groups in all projects
    RemoveClusterRoleFromGroup(GroupChange),
}

pub async fn dispatch_cluster(command: ClusterCommand, session: &Session<'_>) -> Result<(), Failure> {
    match command {
        ClusterCommand::AddClusterRoleToUser(change) => change.run(Place::Cluster, Direction::Add, session).await,
        ClusterCommand::AddClusterRoleToGroup(change) => change.run(Place::Cluster, Direction::Add, session).await,
        ClusterCommand::RemoveClusterRoleFromUser(change) => {
            change.run(Place::Cluster, Direction::Remove, session).await
        }
        ClusterCommand::RemoveClusterRoleFromGroup(change) => {
            change.run(Place::Cluster, Direction::Remove, session).await
        }
    }
}

#[cfg(test)]
mod tests;
