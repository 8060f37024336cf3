use super::{Which, path, quoted};
use crate::failure::Failure;
use crate::session::Session;

/// Not for deployment configs; `rollout latest` does what is wanted
///
/// Deployments are restarted by a change of their template. A deployment config is rolled out again as it is.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    which: Which,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let name = args.which.name()?;
    session.api().await?.get(&path(session, &name).await?).await?;
    Err(
        Failure::refused(format!("{} restarting is not supported", quoted(&name))).hint(format!(
            "`{} rollout latest dc/{name}` rolls it out again as it is",
            session.program
        )),
    )
}
