use std::collections::BTreeSet;

use crate::failure::Failure;
use crate::session::Session;

/// List the groups and versions the server serves
///
/// For example: api-versions
#[derive(clap::Args, Debug)]
pub struct Args {}

pub async fn run(_: Args, session: &Session<'_>) -> Result<(), Failure> {
    let resources = session.discovery().await?.resources();
    let versions: BTreeSet<String> = resources.iter().map(|resource| resource.api_version()).collect();
    versions.iter().try_for_each(|version| session.terminal.line(version))
}
