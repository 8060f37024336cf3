use serde_json::Value;
use weir_api::build::{Build, BuildConfig};
use weir_api::names::label::BUILD_CONFIG_NAME;

use super::build::{common, duration, reference};
use super::{events, head, parse};
use crate::failure::Failure;
use crate::output::sheet::Sheet;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;
use crate::webhook::{self, Webhook};

/// How many of the newest builds are shown.
const SHOWN_BUILDS: usize = 10;

pub async fn fill(session: &Session<'_>, object: &Value, sheet: &mut Sheet) -> Result<(), Failure> {
    let config: BuildConfig = parse(object)?;
    head::fill(session.now(), object, sheet);
    sheet.field("Latest Version", latest(&config));
    sheet.blank();
    common(&config.spec.common, sheet);
    sheet.blank();
    triggers(session, &config, sheet).await?;
    sheet.blank();
    builds(session, &config, sheet).await?;
    sheet.blank();
    events::fill(session, &[object], sheet).await
}

fn latest(config: &BuildConfig) -> String {
    match config.status.last_version {
        0 => "Never built".into(),
        version => version.to_string(),
    }
}

async fn triggers(session: &Session<'_>, config: &BuildConfig, sheet: &mut Sheet) -> Result<(), Failure> {
    let spec = &config.spec;
    sheet.field("Build Run Policy", spec.run_policy.clone());
    let named = spec
        .triggers
        .iter()
        .filter(|trigger| trigger.r#type == "ConfigChange" || trigger.r#type == "ImageChange");
    let names: Vec<&str> = named
        .map(|trigger| trigger.r#type.trim_end_matches("Change").trim())
        .collect();
    let names: Vec<&str> = names
        .into_iter()
        .map(|name| if name == "Image" { "ImageChange" } else { name })
        .collect();
    sheet.field("Triggered by", names.join(", "));
    for trigger in spec.triggers.iter().filter_map(|trigger| trigger.image_change.as_ref()) {
        let from = trigger.from.as_ref().or(spec.common.strategy.from());
        let known = config
            .status
            .image_change_triggers
            .iter()
            .find(|status| from.is_some_and(|from| from.name.as_deref() == Some(status.from.name.as_str())));
        let last = known
            .map(|status| status.last_triggered_image_id.as_str())
            .filter(|id| !id.is_empty());
        let last = last
            .or(Some(trigger.last_triggered_image_id.as_str()))
            .filter(|id| !id.is_empty());
        let built = last.map_or("no build was started for it yet".to_string(), |id| {
            format!("last built with {id}")
        });
        sheet.field(
            "Image Trigger",
            format!("{}: {built}", from.map(reference).unwrap_or_default()),
        );
    }
    webhooks(&webhook::webhooks(config, session.api().await?.server()), sheet);
    let limit = |limit: Option<i32>| limit.map_or("all".to_string(), |limit| limit.to_string());
    let (successful, failed) = (
        limit(spec.successful_builds_history_limit),
        limit(spec.failed_builds_history_limit),
    );
    sheet.field(
        "Builds History Limit",
        format!("{successful} successful, {failed} failed"),
    );
    Ok(())
}

/// Each type has a part of its own. Generic ones differ in what callers may do, the addresses of the others do not.
fn webhooks(webhooks: &[Webhook], sheet: &mut Sheet) {
    let mut kinds: Vec<&str> = Vec::new();
    for webhook in webhooks {
        if !kinds.contains(&webhook.kind) {
            kinds.push(webhook.kind);
        }
    }
    for kind in kinds {
        let own = webhooks.iter().filter(|webhook| webhook.kind == kind);
        let shown = if kind == "Generic" { usize::MAX } else { 1 };
        sheet.section(&format!("Webhook {kind}:"), |sheet| {
            for webhook in own.take(shown) {
                sheet.field("URL", webhook.address.clone());
                sheet.maybe("AllowEnv", webhook.allow_env.map(|allowed| allowed.to_string()));
            }
        });
    }
}

async fn builds(session: &Session<'_>, config: &BuildConfig, sheet: &mut Sheet) -> Result<(), Failure> {
    let name = config.metadata.name.as_deref().unwrap_or_default();
    let namespace = config.metadata.namespace.as_deref().unwrap_or_default();
    let selection = Selection::labelled(namespace, format!("{BUILD_CONFIG_NAME}={name}"));
    let mut objects = selection.list(session.api().await?, &Resource::builds()).await?;
    objects.sort_by_key(|build| std::cmp::Reverse(head::time(&build["metadata"]["creationTimestamp"])));
    if objects.is_empty() {
        sheet.field(
            "Builds",
            format!("none; `{} start-build {name}` starts one", session.program),
        );
        return Ok(());
    }
    let mut rows = vec![
        ["Build", "Status", "Duration", "Creation Time"]
            .map(str::to_string)
            .to_vec(),
    ];
    for object in objects.iter().take(SHOWN_BUILDS) {
        let build: Build = parse(object)?;
        let mut status = build.status.phase.as_str().to_lowercase();
        if !build.status.reason.is_empty() {
            status.push_str(&format!(" ({})", build.status.reason));
        }
        rows.push(vec![
            build.metadata.name.clone().unwrap_or_default(),
            status,
            duration(&build, session.now()),
            head::created(session.now(), &object["metadata"]),
        ]);
    }
    sheet.table(&rows);
    Ok(())
}
