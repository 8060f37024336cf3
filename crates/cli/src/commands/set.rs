//! `set`: single fields of objects, without writing patches.

mod env;
mod image;
mod triggers;

use crate::failure::Failure;
use crate::session::Session;

/// Change single fields of objects
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    Env(env::Args),
    Image(image::Args),
    Triggers(triggers::Args),
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    match args.what {
        What::Env(args) => env::run(args, session).await,
        What::Image(args) => image::run(args, session).await,
        What::Triggers(args) => triggers::run(args, session).await,
    }
}
