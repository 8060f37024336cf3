use serde_json::Value;

use super::{Which, label, path, quoted};
use crate::editing::{Edited, edit};
use crate::failure::Failure;
use crate::session::Session;

/// Keep changes from being rolled out
#[derive(clap::Args, Debug)]
pub struct PauseArgs {
    #[command(flatten)]
    which: Which,
}

/// Let changes be rolled out again
#[derive(clap::Args, Debug)]
pub struct ResumeArgs {
    #[command(flatten)]
    which: Which,
}

pub async fn pause(args: PauseArgs, session: &Session<'_>) -> Result<(), Failure> {
    set(session, &args.which.name()?, true).await
}

pub async fn resume(args: ResumeArgs, session: &Session<'_>) -> Result<(), Failure> {
    set(session, &args.which.name()?, false).await
}

async fn set(session: &Session<'_>, name: &str, paused: bool) -> Result<(), Failure> {
    let path = path(session, name).await?;
    let change = |config: &mut Value| {
        match paused {
            true => config["spec"]["paused"] = true.into(),
            false => {
                config["spec"].as_object_mut().and_then(|spec| spec.remove("paused"));
            }
        }
        Ok(())
    };
    let done = if paused { "paused" } else { "resumed" };
    match edit(session.api().await?, &path, change).await? {
        Edited::Changed => session.terminal.line(format!("{} {done}", label(name))),
        Edited::Unchanged if paused => Err(Failure::refused(format!("{} is already paused", quoted(name)))),
        Edited::Unchanged => Err(Failure::refused(format!("{} is not paused", quoted(name)))),
    }
}
