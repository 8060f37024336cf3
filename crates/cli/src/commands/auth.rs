//! `auth`: what you may do.

mod can_i;
mod rules;
mod who_am_i;

use crate::failure::Failure;
use crate::session::Session;

/// Ask what you may do
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    CanI(can_i::Args),
    #[command(name = "whoami")]
    WhoAmI(who_am_i::Args),
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    match args.command {
        Command::CanI(args) => can_i::run(args, session).await,
        Command::WhoAmI(args) => who_am_i::run(args, session).await,
    }
}

#[cfg(test)]
mod tests;
