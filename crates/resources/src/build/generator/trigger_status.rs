//! `status.imageChangeTriggers`: which image each trigger was last built from.

use jiff::Timestamp;
use serde_json::{Value, json};
use weir_apiserver::{ApiError, Object};

use super::full_name;
use super::inputs::strategy_field;
use crate::json;

/// One image change trigger of a BuildConfig.
#[derive(Debug, PartialEq)]
pub(in super::super) struct TriggerImage {
    /// What it watches, as written.
    pub from: Value,
    /// It names no image of its own and watches the strategy's.
    pub is_strategys: bool,
}

/// The image change triggers in their order. One that watches a strategy image that is not there is left out.
pub(in super::super) fn image_triggers(config: &Object) -> Vec<TriggerImage> {
    let strategy = strategy_field(&config["spec"]).map(|field| &config["spec"]["strategy"][field]["from"]);
    json::items(config, "/spec/triggers")
        .iter()
        .filter(|trigger| json::text(trigger, "/type") == "ImageChange")
        .filter_map(
            |trigger| match trigger.pointer("/imageChange/from").filter(|from| !from.is_null()) {
                Some(from) => Some(TriggerImage {
                    from: from.clone(),
                    is_strategys: false,
                }),
                None => {
                    let from = strategy.filter(|from| !from.is_null())?;
                    Some(TriggerImage {
                        from: from.clone(),
                        is_strategys: true,
                    })
                }
            },
        )
        .collect()
}

/// 500 when the image that asks for this build already got one.
pub(in super::super) fn already_built(config: &Object, request: &Object) -> Result<(), ApiError> {
    let image = json::text(request, "/triggeredByImage/name");
    if image.is_empty() || json::is_unset(request, "/from") {
        return Ok(());
    }
    let recorded = json::items(config, "/status/imageChangeTriggers")
        .iter()
        .find(|entry| same_reference(&entry["from"], &request["from"]));
    match recorded {
        Some(entry) if json::text(entry, "/lastTriggeredImageID") == image => Err(ApiError::internal(format!(
            "build config {} has already instantiated a build for imageid {image}",
            full_name(config)
        ))),
        _ => Ok(()),
    }
}

/// The entries as they are written anew with every build. `latest` holds what each trigger's reference means now; the
/// trigger that asked keeps the image it asked with, and the moment.
pub(in super::super) fn status_entries(
    triggers: &[TriggerImage],
    latest: &[Option<String>],
    request: &Object,
    now: Timestamp,
) -> Vec<Value> {
    let asked_with = json::text(request, "/triggeredByImage/name");
    let entry = |(trigger, latest): (&TriggerImage, &Option<String>)| {
        let asked = !asked_with.is_empty() && same_reference(&trigger.from, &request["from"]);
        let image = if asked {
            asked_with
        } else {
            latest.as_deref().unwrap_or_default()
        };
        let mut entry = json!({"from": {"name": trigger.from["name"]}, "lastTriggerTime": null});
        if let Some(namespace) = trigger.from["namespace"]
            .as_str()
            .filter(|namespace| !namespace.is_empty())
        {
            entry["from"]["namespace"] = namespace.into();
        }
        if !image.is_empty() {
            entry["lastTriggeredImageID"] = image.into();
        }
        if asked {
            let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
            entry["lastTriggerTime"] = now.to_string().into();
        }
        entry
    };
    triggers.iter().zip(latest).map(entry).collect()
}

/// Namespace and name exactly as written.
fn same_reference(one: &Value, other: &Value) -> bool {
    ["/namespace", "/name"]
        .into_iter()
        .all(|path| json::text(one, path) == json::text(other, path))
}
