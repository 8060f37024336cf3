use serde_json::json;

use super::{Which, is_running, path, phase};
use crate::api::Call;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::writing::WriteOptions;

/// Start a rollout with the latest images
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Roll out the same images again
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    writing: WriteOptions,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let name = args.which.name()?;
    let (api, path) = (session.api().await?, path(session, &name).await?);
    let config = api.get(&path).await?;
    if config["spec"]["paused"] == true {
        return Err(Failure::refused("cannot deploy a paused deployment config")
            .hint(format!("`{} rollout resume dc/{name}` ends the pause", session.program)));
    }
    let latest = config["status"]["latestVersion"].as_i64().unwrap_or(0);
    let controller =
        Resource::replication_controllers().object(session.namespace().await?, &format!("{name}-{latest}"));
    if let Some(controller) = api.find(&controller).await?
        && is_running(&controller)
    {
        return Err(
            Failure::refused(format!("#{latest} is already in progress ({}).", phase(&controller)))
                .hint(format!("`{} rollout cancel dc/{name}` ends it", session.program)),
        );
    }
    let request = json!({
        "apiVersion": "apps.openshift.io/v1", "kind": "DeploymentRequest",
        "name": name, "latest": !args.again, "force": true,
    });
    let started = match args.writing.client_only() {
        true => config,
        false => {
            let call = Call::post(&format!("{path}/instantiate"), &request);
            api.json(args.writing.mark(call)).await?
        }
    };
    args.writing
        .report(session, &Resource::deployment_configs(), started, "rolled out")
}
