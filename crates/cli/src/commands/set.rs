//! `set`: single fields of objects, without writing patches.

mod build_hook;
mod build_secret;
mod data;
mod deployment_hook;
mod env;
mod image;
mod image_lookup;
mod objects;
mod probe;
mod resources;
mod service_account;
mod triggers;
mod volume;

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
    BuildHook(build_hook::Args),
    BuildSecret(build_secret::Args),
    Data(data::Args),
    DeploymentHook(deployment_hook::Args),
    Env(env::Args),
    Image(image::Args),
    ImageLookup(image_lookup::Args),
    Probe(probe::Args),
    Resources(resources::Args),
    #[command(name = "serviceaccount", visible_alias = "sa")]
    ServiceAccount(service_account::Args),
    Triggers(triggers::Args),
    #[command(visible_alias = "volumes")]
    Volume(volume::Args),
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    match args.what {
        What::BuildHook(args) => build_hook::run(args, session).await,
        What::BuildSecret(args) => build_secret::run(args, session).await,
        What::Data(args) => data::run(args, session).await,
        What::DeploymentHook(args) => deployment_hook::run(args, session).await,
        What::Env(args) => env::run(args, session).await,
        What::Image(args) => image::run(args, session).await,
        What::ImageLookup(args) => image_lookup::run(args, session).await,
        What::Probe(args) => probe::run(args, session).await,
        What::Resources(args) => resources::run(args, session).await,
        What::ServiceAccount(args) => service_account::run(args, session).await,
        What::Triggers(args) => triggers::run(args, session).await,
        What::Volume(args) => volume::run(args, session).await,
    }
}
