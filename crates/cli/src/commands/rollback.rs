use serde_json::{Value, json};

use super::rollout::latest_complete_before;
use crate::api::Call;
use crate::failure::Failure;
use crate::output::format::{Format, Item, tidy};
use crate::resource::Resource;
use crate::selection::with_kind;
use crate::session::Session;
use crate::target;

/// Go back to an earlier rollout, by number or by name
///
/// For example: rollback web --to-version=3. Image triggers do not fire automatically afterwards.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The deployment config, or the rollout to go back to (a replication controller)
    #[arg(value_name = "NAME", required = true)]
    what: Vec<String>,
    /// The rollout to go back to; by default the last one that succeeded before the latest
    #[arg(long, value_name = "N")]
    to_version: Option<i64>,
    /// Take the triggers of back then too
    #[arg(long)]
    change_triggers: bool,
    /// Take the number of pods of back then too
    #[arg(long)]
    change_scaling_settings: bool,
    /// Take the strategy of back then too
    #[arg(long)]
    change_strategy: bool,
    /// Only say what would be done
    #[arg(short, long)]
    dry_run: bool,
    /// Change nothing, and print the config as it would be: yaml, json, name or jsonpath=TEMPLATE
    #[arg(short, long, value_parser = Format::parse)]
    output: Option<Format>,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let (resource, name) = target::one(&args.what, Some(Resource::deployment_configs()))?;
    let configs = Resource::deployment_configs();
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    let (config_name, from) = match resource.kind.as_str() {
        "ReplicationController" => (of_controller(session, &name).await?, name),
        "DeploymentConfig" => match of_config(&args, session, &name).await? {
            Some(from) => (name, from),
            // A bare name may be that of a rollout.
            None => (of_controller(session, &name).await?, name),
        },
        kind => return Err(Failure::refused(format!("a {kind} cannot be rolled back"))),
    };
    let path = configs.object(namespace, &config_name);
    let config = api
        .json(Call::post(
            &format!("{path}/rollback"),
            &request(&args, &config_name, &from),
        ))
        .await?;
    let label = configs.named(&config_name);
    if let Some(format) = &args.output {
        let item = Item {
            resource: &configs,
            object: tidy(with_kind(config, &configs), false),
        };
        return session.terminal.print(&format.render(&[item], true));
    }
    if args.dry_run {
        return session
            .terminal
            .line(format!("{label} rolled back to {from} (dry run)"));
    }
    api.json(Call::put(&path, &config)).await?;
    // The server has counted already: this is the number of the rollout to come.
    let version = config["status"]["latestVersion"].as_i64().unwrap_or_default();
    session
        .terminal
        .line(format!("{label} deployment #{version} rolled back to {from}"))?;
    warn_of_triggers(session, &config_name, &config);
    Ok(())
}

/// The rollout of a deployment config to go back to; `None` when there is no such config.
async fn of_config(args: &Args, session: &Session<'_>, name: &str) -> Result<Option<String>, Failure> {
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    if api
        .find(&Resource::deployment_configs().object(namespace, name))
        .await?
        .is_none()
    {
        return Ok(None);
    }
    if let Some(version) = args.to_version {
        let from = format!("{name}-{version}");
        return match find_controller(session, &from).await? {
            Some(_) => Ok(Some(from)),
            None => Err(Failure::refused("couldn't find deployment for rollback").hint(format!(
                "`{} rollout history dc/{name}` shows those there are",
                session.program
            ))),
        };
    }
    match latest_complete_before(session, name).await? {
        Some(controller) => Ok(Some(controller)),
        None => Err(Failure::refused(format!(
            "{name} is not valid: no rollout before the latest has succeeded"
        ))
        .hint(format!("`{} rollout history dc/{name}` shows them", session.program))),
    }
}

/// The deployment config a rollout belongs to.
async fn of_controller(session: &Session<'_>, name: &str) -> Result<String, Failure> {
    let Some(controller) = find_controller(session, name).await? else {
        return Err(Failure::refused(format!(
            "{name} is not a valid deployment or deployment config"
        )));
    };
    let config = weir_api::names::annotation::DEPLOYMENT_CONFIG_NAME;
    match controller["metadata"]["annotations"][config].as_str() {
        Some(config) => Ok(config.into()),
        None => Err(Failure::refused(format!("{name} is no rollout of a deployment config"))),
    }
}

async fn find_controller(session: &Session<'_>, name: &str) -> Result<Option<Value>, Failure> {
    let path = Resource::replication_controllers().object(session.namespace().await?, name);
    session.api().await?.find(&path).await
}

fn request(args: &Args, name: &str, from: &str) -> Value {
    let mut request = json!({
        "apiVersion": "apps.openshift.io/v1", "kind": "DeploymentConfigRollback", "name": name,
        "spec": {
            "from": {"name": from},
            "includeTemplate": true,
            "includeTriggers": args.change_triggers,
            "includeReplicationMeta": args.change_scaling_settings,
            "includeStrategy": args.change_strategy,
        },
    });
    if let Some(version) = args.to_version {
        request["spec"]["revision"] = version.into();
    }
    request
}

fn warn_of_triggers(session: &Session<'_>, name: &str, config: &Value) {
    let triggers = config["spec"]["triggers"].as_array();
    if triggers.is_some_and(|triggers| triggers.iter().any(|trigger| trigger["type"] == "ImageChange")) {
        session.terminal.note(format!(
            "Warning: its image triggers are manual now; `{} set triggers dc/{name} --auto` makes them automatic again",
            session.program
        ));
    }
}
