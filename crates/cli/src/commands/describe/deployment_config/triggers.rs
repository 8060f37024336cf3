use serde_json::Value;
use weir_api::apps::{DeploymentConfig, DeploymentTriggerImageChangeParams};

use crate::failure::Failure;
use crate::output::sheet::Sheet;
use crate::resource::Resource;
use crate::session::Session;

/// `Config, Image(node-build@latest, auto=true)`.
pub fn summary(config: &DeploymentConfig) -> String {
    let triggers = config.spec.triggers.as_deref().unwrap_or_default();
    let name = |trigger: &weir_api::apps::DeploymentTriggerPolicy| match &trigger.image_change_params {
        Some(image) => format!("Image({}, auto={})", tag(image).replace(':', "@"), image.automatic),
        None => trigger.r#type.trim_end_matches("Change").to_string(),
    };
    triggers.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn tag(image: &DeploymentTriggerImageChangeParams) -> &str {
    image.from.name.as_deref().unwrap_or_default()
}

/// One line for each image trigger: the tag, what it points to now, and whether that is what is deployed.
pub async fn fill(session: &Session<'_>, config: &DeploymentConfig, sheet: &mut Sheet) -> Result<(), Failure> {
    for trigger in config.spec.triggers.as_deref().unwrap_or_default() {
        if let Some(image) = &trigger.image_change_params {
            let now = current_image(session, config, image).await?;
            let lines = vec![
                format!("{} -> {}", tag(image), image.container_names.join(", ")),
                state(image, now.as_deref()),
            ];
            sheet.lines("Image Trigger", lines);
        }
    }
    Ok(())
}

/// What the trigger's tag points to; `None` when there is no such tag or it may not be seen.
async fn current_image(
    session: &Session<'_>,
    config: &DeploymentConfig,
    image: &DeploymentTriggerImageChangeParams,
) -> Result<Option<String>, Failure> {
    let own = config.metadata.namespace.as_deref().unwrap_or_default();
    let namespace = image
        .from
        .namespace
        .as_deref()
        .filter(|namespace| !namespace.is_empty())
        .unwrap_or(own);
    let path = Resource::image_stream_tags().object(namespace, tag(image));
    match session.api().await?.find(&path).await {
        Ok(found) => {
            Ok(found.and_then(|object: Value| object["image"]["dockerImageReference"].as_str().map(str::to_string)))
        }
        Err(failure) if failure.is_forbidden() => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn state(image: &DeploymentTriggerImageChangeParams, now: Option<&str>) -> String {
    let last = Some(image.last_triggered_image.as_str()).filter(|last| !last.is_empty());
    match (last, now) {
        (None, None) => "waits: the tag has no image yet; push or import one".into(),
        (None, Some(now)) if image.automatic => format!("about to deploy {now}"),
        (None, Some(now)) => format!("manual: points to {now}; start a rollout to deploy it"),
        (Some(last), None) => format!("deployed {last}; the tag is gone since"),
        (Some(last), Some(now)) if digest(last) == digest(now) => format!("deployed {last}, as the tag says"),
        (Some(last), Some(now)) if image.automatic => format!("deployed {last}; about to deploy {now}"),
        (Some(last), Some(now)) => format!("deployed {last}; the tag has moved to {now}, start a rollout to deploy it"),
    }
}

fn digest(reference: &str) -> &str {
    reference.rsplit_once('@').map_or(reference, |(_, digest)| digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_says_what_it_waits_for() {
        let trigger = |last: &str, automatic| DeploymentTriggerImageChangeParams {
            automatic,
            last_triggered_image: last.into(),
            ..DeploymentTriggerImageChangeParams::default()
        };
        for (last, automatic, now, text) in [
            ("", true, None, "waits: the tag has no image yet; push or import one"),
            ("", true, Some("r/a@sha256:1"), "about to deploy r/a@sha256:1"),
            (
                "x/a@sha256:1",
                true,
                Some("r/a@sha256:1"),
                "deployed x/a@sha256:1, as the tag says",
            ),
            (
                "r/a@sha256:1",
                true,
                Some("r/a@sha256:2"),
                "deployed r/a@sha256:1; about to deploy r/a@sha256:2",
            ),
            (
                "r/a@sha256:1",
                false,
                Some("r/a@sha256:2"),
                "deployed r/a@sha256:1; the tag has moved to r/a@sha256:2, start a rollout to deploy it",
            ),
        ] {
            assert_eq!(state(&trigger(last, automatic), now), text);
        }
    }
}
