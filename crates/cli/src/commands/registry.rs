//! `registry`: where images are pushed to.

mod info;
mod login;

use crate::failure::Failure;
use crate::session::Session;

/// Find the image registry, and log in to it
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    Info(info::Args),
    Login(login::Args),
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    match args.what {
        What::Info(args) => info::run(args, session).await,
        What::Login(args) => login::run(args, session).await,
    }
}
