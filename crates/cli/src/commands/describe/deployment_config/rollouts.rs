use serde_json::Value;
use weir_api::apps::DeploymentConfig;
use weir_api::names::{annotation, label};

use crate::commands::describe::{head, pod};
use crate::commands::rollout::{note, phase, version};
use crate::failure::Failure;
use crate::output::server_table::labels;
use crate::output::sheet::Sheet;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

/// How many rollouts are shown.
const SHOWN: usize = 5;
/// How many lines of a failed rollout's log are shown.
const LOG_LINES: usize = 10;

/// The newest rollouts; the latest one in full, with what keeps its pods from running.
pub async fn fill(session: &Session<'_>, config: &DeploymentConfig, sheet: &mut Sheet) -> Result<(), Failure> {
    let name = config.metadata.name.as_deref().unwrap_or_default();
    let namespace = config.metadata.namespace.as_deref().unwrap_or_default();
    let selection = Selection::labelled(namespace, format!("{}={name}", label::DEPLOYMENT_CONFIG_NAME));
    let api = session.api().await?;
    let mut controllers = selection.list(api, &Resource::replication_controllers()).await?;
    controllers.sort_by_key(|controller| std::cmp::Reverse(version(controller)));
    if controllers.is_empty() {
        sheet.field("Deployments", "none yet");
    }
    for (at, controller) in controllers.iter().take(SHOWN).enumerate() {
        if at > 0 {
            older(session, controller, sheet);
            continue;
        }
        let selection = Selection::labelled(namespace, labels(&controller["spec"]["selector"]));
        let pods = selection.list(api, &Resource::pods()).await?;
        latest(session, controller, &pods, sheet);
    }
    Ok(())
}

fn latest(session: &Session<'_>, controller: &Value, pods: &[Value], sheet: &mut Sheet) {
    sheet.section(&format!("Deployment #{} (latest):", version(controller)), |sheet| {
        sheet.field("Name", head::text(&controller["metadata"]["name"]));
        sheet.field("Created", head::created(session.now(), &controller["metadata"]));
        sheet.field("Status", phase(controller));
        sheet.maybe("Cause", Some(note(controller, annotation::DEPLOYMENT_STATUS_REASON)));
        sheet.field("Replicas", replicas(controller));
        sheet.field("Selector", labels(&controller["spec"]["selector"]));
        sheet.field("Labels", labels(&controller["metadata"]["labels"]));
        sheet.field("Pods Status", pod::counts(pods));
        for problem in pods.iter().flat_map(|pod| pod::problems(pod, &session.program)) {
            sheet.field("Problem", problem);
        }
        let log = note(controller, annotation::DEPLOYMENT_LOG);
        if phase(controller) == "Failed" && !log.is_empty() {
            let lines: Vec<String> = log.lines().map(str::to_string).collect();
            let from = lines.len().saturating_sub(LOG_LINES);
            sheet.lines("Log Tail", lines[from..].to_vec());
        }
    });
}

fn older(session: &Session<'_>, controller: &Value, sheet: &mut Sheet) {
    sheet.section(&format!("Deployment #{}:", version(controller)), |sheet| {
        sheet.field("Created", head::created(session.now(), &controller["metadata"]));
        sheet.field("Status", phase(controller));
        sheet.field("Replicas", replicas(controller));
    });
}

fn replicas(controller: &Value) -> String {
    let count = |part: &str| controller[part]["replicas"].as_i64().unwrap_or(0);
    format!("{} current / {} desired", count("status"), count("spec"))
}
