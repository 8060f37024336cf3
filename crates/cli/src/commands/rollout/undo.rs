use serde_json::json;

use super::{Which, label, path};
use crate::api::Call;
use crate::commands::describe::pod_template;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::writing::WriteOptions;

/// Go back to what was rolled out before
///
/// Image triggers no longer fire automatically afterwards, lest they undo the undoing.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// The rollout to go back to; by default the one before the latest
    #[arg(long, default_value_t = 0, hide_default_value = true, value_name = "N")]
    to_revision: i64,
    #[command(flatten)]
    writing: WriteOptions,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let name = args.which.name()?;
    let (api, path) = (session.api().await?, path(session, &name).await?);
    let mut request = json!({
        "apiVersion": "apps.openshift.io/v1", "kind": "DeploymentConfigRollback", "name": name,
        "spec": {
            "from": {}, "includeTriggers": false, "includeTemplate": true,
            "includeReplicationMeta": false, "includeStrategy": false,
        },
    });
    if args.to_revision != 0 {
        request["spec"]["revision"] = args.to_revision.into();
    }
    let config = api.json(Call::post(&format!("{path}/rollback"), &request)).await?;
    if args.writing.client_only() && args.writing.output.is_none() {
        let template = pod_template::render(&config["spec"]["template"]);
        return session
            .terminal
            .print(&format!("{} (dry run)\n{template}", label(&name)));
    }
    let stored = match args.writing.client_only() {
        true => config.clone(),
        false => api.json(args.writing.mark(Call::put(&path, &config))).await?,
    };
    args.writing
        .report(session, &Resource::deployment_configs(), stored, "rolled back")?;
    if !args.writing.dry_run_is_off() {
        return Ok(());
    }
    let has_image_trigger = config["spec"]["triggers"]
        .as_array()
        .is_some_and(|triggers| triggers.iter().any(|trigger| trigger["type"] == "ImageChange"));
    if has_image_trigger {
        session.terminal.note(format!(
            "Warning: its image triggers are manual now; `{} set triggers dc/{name} --auto` makes them automatic again",
            session.program
        ));
    }
    Ok(())
}
