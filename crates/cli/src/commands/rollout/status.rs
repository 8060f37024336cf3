use std::time::Duration;

use futures::{StreamExt, pin_mut};
use serde_json::Value;
use weir_api::apps::DeploymentConfig;

use super::Which;
use crate::age;
use crate::api::ChangeKind;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

/// Wait for the latest rollout and say how it goes
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Wait for the end; with =false only the present state is told
    #[arg(short, long, default_value_t = true, num_args = 0..=1, default_missing_value = "true", action = clap::ArgAction::Set, value_name = "BOOL")]
    watch: bool,
    /// The rollout with this number; it is an error when a newer one takes its place
    #[arg(long, value_name = "N")]
    revision: Option<i64>,
    /// How long to wait; 0 waits for ever
    #[arg(long, default_value = "0", value_name = "DURATION", value_parser = age::parse_duration)]
    timeout: Duration,
}

/// How far a rollout is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    Waiting(String),
    Done(String),
    Failed(String),
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let name = args.which.name()?;
    if args.timeout.is_zero() {
        return follow(&args, session, &name).await;
    }
    match tokio::time::timeout(args.timeout, follow(&args, session, &name)).await {
        Ok(result) => result,
        Err(_) => Err(Failure::refused("timed out waiting for the condition").hint(format!(
            "`{} describe dc/{name}` tells what it waits for",
            session.program
        ))),
    }
}

async fn follow(args: &Args, session: &Session<'_>, name: &str) -> Result<(), Failure> {
    let (api, resource) = (session.api().await?, Resource::deployment_configs());
    let namespace = session.namespace().await?;
    let selection = Selection {
        fields: Some(format!("metadata.name={name}")),
        ..Selection::in_namespace(namespace)
    };
    let mut said = String::new();
    loop {
        let live = api.get(&resource.object(namespace, name)).await?;
        let version = live["metadata"]["resourceVersion"]
            .as_str()
            .unwrap_or_default()
            .to_string();
        if tell(args, session, live, &mut said)? {
            return Ok(());
        }
        let changes = api
            .watch(selection.call(&resource).query("resourceVersion", version))
            .await?;
        pin_mut!(changes);
        while let Some(change) = changes.next().await {
            let change = change?;
            if change.kind == ChangeKind::Deleted {
                return Err(Failure::refused("object has been deleted"));
            }
            if tell(args, session, change.object, &mut said)? {
                return Ok(());
            }
        }
    }
}

/// Says what is new. `true` when there is nothing to wait for any more.
fn tell(args: &Args, session: &Session<'_>, object: Value, said: &mut String) -> Result<bool, Failure> {
    let config: DeploymentConfig = serde_json::from_value(object).map_err(|error| {
        Failure::refused(format!(
            "the server sent a deployment config that cannot be read: {error}"
        ))
    })?;
    let name = config.metadata.name.as_deref().unwrap_or_default();
    match progress(&config, args.revision) {
        Progress::Done(message) => {
            session.terminal.line(message)?;
            Ok(true)
        }
        Progress::Failed(message) => {
            Err(Failure::refused(message).hint(format!("`{} describe dc/{name}` tells why", session.program)))
        }
        Progress::Waiting(message) => {
            if *said != message {
                session.terminal.line(&message)?;
                *said = message;
            }
            Ok(!args.watch)
        }
    }
}

/// Reads the state of the latest rollout out of the config's status.
pub fn progress(config: &DeploymentConfig, revision: Option<i64>) -> Progress {
    let (spec, status) = (&config.spec, &config.status);
    let name = config.metadata.name.as_deref().unwrap_or_default();
    if status.latest_version == 0 {
        let triggers = spec.triggers.as_deref().unwrap_or_default();
        if triggers.iter().any(|trigger| trigger.r#type == "ImageChange") {
            return Progress::Waiting(format!("Deployment config \"{name}\" waiting on image update"));
        }
        if triggers.is_empty() {
            return Progress::Failed(format!(
                "Deployment config \"{name}\" waiting on manual update (use 'rollout latest {name}')"
            ));
        }
    }
    if let Some(revision) = revision.filter(|revision| *revision != status.latest_version) {
        let running = status.latest_version;
        return Progress::Failed(format!(
            "desired revision ({revision}) is different from the running revision ({running})"
        ));
    }
    if config.metadata.generation.unwrap_or(0) > status.observed_generation {
        return unobserved();
    }
    let condition = status
        .conditions
        .iter()
        .find(|condition| condition.r#type == "Progressing");
    let message = condition.map(|condition| condition.message.clone()).unwrap_or_default();
    match condition.map(|condition| condition.reason.as_str()) {
        Some("NewReplicationControllerAvailable") => return Progress::Done(message),
        Some("ProgressDeadlineExceeded" | "RolloutCancelled" | "ReplicationControllerCreateError") => {
            return Progress::Failed(message);
        }
        _ if spec.paused => {
            return Progress::Failed(format!(
                "Deployment config \"{name}\" is paused. Resume to continue watching the status of the rollout."
            ));
        }
        _ => {}
    }
    let (updated, replicas, available) = (status.updated_replicas, status.replicas, status.available_replicas);
    if updated < spec.replicas {
        let wanted = spec.replicas;
        return waiting(format!("{updated} out of {wanted} new replicas have been updated..."));
    }
    if replicas > updated {
        return waiting(format!(
            "{} old replicas are pending termination...",
            replicas - updated
        ));
    }
    if available < updated {
        return waiting(format!("{available} of {updated} updated replicas are available..."));
    }
    unobserved()
}

fn waiting(what: String) -> Progress {
    Progress::Waiting(format!("Waiting for rollout to finish: {what}"))
}

fn unobserved() -> Progress {
    Progress::Waiting("Waiting for latest deployment config spec to be observed by the controller loop...".into())
}
