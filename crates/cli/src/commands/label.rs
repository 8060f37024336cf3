use super::metadata_map::{self, Map};
use crate::failure::Failure;
use crate::session::Session;

/// Set or remove (with KEY-) labels of objects
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    words: metadata_map::Words,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    metadata_map::run(args.words, session, Map::Labels).await
}
