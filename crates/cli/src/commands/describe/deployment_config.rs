//! A deployment config: what it deploys and since when, which tag and digest brought it there, and what it waits for.

mod rollouts;
mod triggers;

use serde_json::Value;
use weir_api::apps::DeploymentConfig;

use super::{events, head, parse, pod_template};
use crate::failure::Failure;
use crate::output::server_table::labels;
use crate::output::sheet::Sheet;
use crate::session::Session;

pub async fn fill(session: &Session<'_>, object: &Value, sheet: &mut Sheet) -> Result<(), Failure> {
    let config: DeploymentConfig = parse(object)?;
    head::fill(session.now(), object, sheet);
    let version = config.status.latest_version;
    sheet.field(
        "Latest Version",
        if version == 0 {
            "Not deployed".into()
        } else {
            version.to_string()
        },
    );
    sheet.field("Selector", labels(&object["spec"]["selector"]).replace(',', ", "));
    let test = if config.spec.test {
        " (test, will be scaled down between deployments)"
    } else {
        ""
    };
    sheet.field("Replicas", format!("{}{test}", config.spec.replicas));
    sheet.field("Triggers", triggers::summary(&config));
    sheet.field("Strategy", config.spec.strategy.r#type.clone());
    if config.spec.paused {
        sheet.field("Paused", "yes: changes are not rolled out until it is resumed");
    }
    sheet.maybe("Cause", config.status.details.as_ref().map(cause));
    triggers::fill(session, &config, sheet).await?;
    conditions(&config, sheet);
    pod_template::fill(&object["spec"]["template"], sheet);
    sheet.blank();
    rollouts::fill(session, &config, sheet).await?;
    sheet.blank();
    events::fill(session, &[object], sheet).await
}

/// Why the latest rollout was started, with the images that did it.
fn cause(details: &weir_api::apps::DeploymentDetails) -> String {
    let images = details
        .causes
        .iter()
        .filter_map(|cause| cause.image_trigger.as_ref()?.from.name.as_deref());
    let images: Vec<&str> = images.collect();
    match images.is_empty() {
        true => details.message.clone(),
        false => format!("{}: {}", details.message, images.join(", ")),
    }
}

fn conditions(config: &DeploymentConfig, sheet: &mut Sheet) {
    if config.status.conditions.is_empty() {
        return;
    }
    let mut rows = vec![["Type", "Status", "Reason", "Message"].map(str::to_string).to_vec()];
    rows.extend(config.status.conditions.iter().map(|condition| {
        vec![
            condition.r#type.clone(),
            condition.status.clone(),
            condition.reason.clone(),
            condition.message.clone(),
        ]
    }));
    sheet.section("Conditions:", |sheet| {
        sheet.table(&rows);
    });
}
