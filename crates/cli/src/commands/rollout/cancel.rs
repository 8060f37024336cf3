use jiff::Timestamp;
use serde_json::{Value, json};
use weir_api::names::annotation;

use super::{Which, controllers, is_running, label, path, phase, version};
use crate::age;
use crate::api::{Call, PatchType};
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;

/// Cancel the rollout that is running
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    which: Which,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let name = args.which.name()?;
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    let config = api.get(&path(session, &name).await?).await?;
    if config["spec"]["paused"] == true {
        return Err(Failure::refused(format!("unable to cancel paused {}", label(&name))));
    }
    let controllers = controllers(session, &name).await?;
    let running: Vec<_> = controllers.iter().filter(|controller| is_running(controller)).collect();
    if running.is_empty() {
        let latest = controllers.last().map(|latest| ended(latest, session.now()));
        return session
            .terminal
            .line(format!("No rollout is in progress{}", latest.unwrap_or_default()));
    }
    let patch = json!({"metadata": {"annotations": {
        annotation::DEPLOYMENT_CANCELLED: "true",
        annotation::DEPLOYMENT_STATUS_REASON: "cancelled by the user",
    }}});
    for controller in running {
        let controller_name = controller["metadata"]["name"].as_str().unwrap_or_default();
        let path = Resource::replication_controllers().object(namespace, controller_name);
        api.json(Call::patch(&path, PatchType::Merge, &patch)).await?;
        session
            .terminal
            .line(format!("{} rollout #{} cancelled", label(&name), version(controller)))?;
    }
    Ok(())
}

/// How the latest rollout ended, and since when it has been there.
fn ended(latest: &Value, now: Timestamp) -> String {
    let created = latest["metadata"]["creationTimestamp"].as_str();
    let created: Option<Timestamp> = created.and_then(|time| time.parse().ok());
    let age = created.map(|created| format!(" {}", age::ago(created, now)));
    format!(
        " (latest rollout #{} {}{})",
        version(latest),
        phase(latest).to_lowercase(),
        age.unwrap_or_default()
    )
}
