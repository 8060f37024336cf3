//! `rollout`: the versions of a deployment config.

mod cancel;
mod history;
mod latest;
mod pause;
mod restart;
mod retry;
mod status;
#[cfg(test)]
mod tests;
mod undo;

use serde_json::Value;
use weir_api::names::annotation;

use crate::failure::Failure;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;
use crate::target;

/// Follow and steer the rollouts of deployment configs
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    Cancel(cancel::Args),
    History(history::Args),
    Latest(latest::Args),
    Pause(pause::PauseArgs),
    Restart(restart::Args),
    Resume(pause::ResumeArgs),
    Retry(retry::Args),
    Status(status::Args),
    Undo(undo::Args),
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    match args.what {
        What::Cancel(args) => cancel::run(args, session).await,
        What::History(args) => history::run(args, session).await,
        What::Latest(args) => latest::run(args, session).await,
        What::Pause(args) => pause::pause(args, session).await,
        What::Restart(args) => restart::run(args, session).await,
        What::Resume(args) => pause::resume(args, session).await,
        What::Retry(args) => retry::run(args, session).await,
        What::Status(args) => status::run(args, session).await,
        What::Undo(args) => undo::run(args, session).await,
    }
}

/// The deployment config that the words name.
#[derive(clap::Args, Debug)]
struct Which {
    /// The deployment config: dc/NAME
    #[arg(value_name = "dc/NAME", required = true)]
    what: Vec<String>,
}

impl Which {
    fn name(&self) -> Result<String, Failure> {
        let (resource, name) = target::one(&self.what, Some(Resource::deployment_configs()))?;
        match resource.kind.as_str() {
            "DeploymentConfig" => Ok(name),
            kind => {
                Err(Failure::refused(format!("a {kind} has no rollouts")).hint("deployment configs (dc/NAME) have"))
            }
        }
    }
}

async fn path(session: &Session<'_>, name: &str) -> Result<String, Failure> {
    Ok(Resource::deployment_configs().object(session.namespace().await?, name))
}

/// How errors name a deployment config.
fn quoted(name: &str) -> String {
    format!("{} \"{name}\"", Resource::deployment_configs().plural_label())
}

fn label(name: &str) -> String {
    Resource::deployment_configs().named(name)
}

/// The config's replication controllers, oldest version first.
async fn controllers(session: &Session<'_>, name: &str) -> Result<Vec<Value>, Failure> {
    let selector = format!("{}={name}", weir_api::names::label::DEPLOYMENT_CONFIG_NAME);
    let selection = Selection::labelled(session.namespace().await?, selector);
    let mut list = selection
        .list(session.api().await?, &Resource::replication_controllers())
        .await?;
    list.sort_by_key(version);
    Ok(list)
}

/// The version a replication controller was made for.
pub fn version(controller: &Value) -> i64 {
    note(controller, annotation::DEPLOYMENT_CONFIG_LATEST_VERSION)
        .parse()
        .unwrap_or(0)
}

pub fn phase(controller: &Value) -> &str {
    note(controller, annotation::DEPLOYMENT_PHASE)
}

pub fn note<'a>(controller: &'a Value, key: &str) -> &'a str {
    controller["metadata"]["annotations"][key].as_str().unwrap_or_default()
}

fn is_running(controller: &Value) -> bool {
    !matches!(phase(controller), "Complete" | "Failed")
}

/// The newest rollout of a config that succeeded, apart from the latest one.
pub async fn latest_complete_before(session: &Session<'_>, name: &str) -> Result<Option<String>, Failure> {
    let mut known = controllers(session, name).await?;
    known.pop();
    let found = known.iter().rev().find(|controller| phase(controller) == "Complete");
    Ok(found.and_then(|controller| controller["metadata"]["name"].as_str().map(str::to_owned)))
}
