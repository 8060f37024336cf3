use serde_json::{Value, json};
use weir_api::names::annotation;

use super::{Which, label, path, phase};
use crate::api::{Call, PatchType};
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;

/// Try the latest rollout again, if it failed
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    which: Which,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let name = args.which.name()?;
    let api = session.api().await?;
    let config = api.get(&path(session, &name).await?).await?;
    let latest = config["status"]["latestVersion"].as_i64().unwrap_or(0);
    if latest == 0 {
        return Err(Failure::refused(format!("no rollouts found for {}", label(&name)))
            .hint(format!("`{} rollout latest dc/{name}` starts one", session.program)));
    }
    let path = Resource::replication_controllers().object(session.namespace().await?, &format!("{name}-{latest}"));
    let controller = api.get(&path).await?;
    if phase(&controller) != "Failed" {
        let state = phase(&controller).to_lowercase();
        return Err(Failure::refused(format!(
            "rollout #{latest} is {state}; only failed deployments can be retried."
        ))
        .hint(format!(
            "`{} rollout latest dc/{name}` starts a new one",
            session.program
        )));
    }
    let patch = json!({"metadata": {"annotations": {
        annotation::DEPLOYMENT_PHASE: "New",
        annotation::DEPLOYMENT_STATUS_REASON: Value::Null,
        annotation::DEPLOYMENT_CANCELLED: Value::Null,
    }}});
    api.json(Call::patch(&path, PatchType::Merge, &patch)).await?;
    session
        .terminal
        .line(format!("{} retried rollout #{latest}", label(&name)))
}
