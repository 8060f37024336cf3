use jiff::Timestamp;
use serde_json::Value;

use super::head::{text, time};
use crate::age;
use crate::failure::Failure;
use crate::output::sheet::Sheet;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

/// How many of the newest events are shown.
const SHOWN: usize = 50;

/// The events about the objects, oldest first.
pub async fn fill(session: &Session<'_>, objects: &[&Value], sheet: &mut Sheet) -> Result<(), Failure> {
    let mut events = Vec::new();
    for object in objects {
        events.extend(about(session, object).await?);
    }
    if events.is_empty() {
        sheet.field("Events", "");
        return Ok(());
    }
    events.sort_by_key(last_seen);
    events.drain(..events.len().saturating_sub(SHOWN));
    let now = session.now();
    let mut rows = vec![
        ["Type", "Reason", "Age", "From", "Message"]
            .map(str::to_string)
            .to_vec(),
    ];
    rows.extend(events.iter().map(|event| row(event, now)));
    sheet.section("Events:", |sheet| {
        sheet.table(&rows);
    });
    Ok(())
}

async fn about(session: &Session<'_>, object: &Value) -> Result<Vec<Value>, Failure> {
    let metadata = &object["metadata"];
    let namespace = text(&metadata["namespace"]);
    let fields = [
        ("name", &metadata["name"]),
        ("namespace", &metadata["namespace"]),
        ("uid", &metadata["uid"]),
        ("kind", &object["kind"]),
    ];
    let fields: Vec<String> = fields
        .iter()
        .filter(|(_, value)| !text(value).is_empty())
        .map(|(field, value)| format!("involvedObject.{field}={}", text(value)))
        .collect();
    let selection = Selection {
        namespace: (!namespace.is_empty()).then(|| namespace.to_string()),
        fields: Some(fields.join(",")),
        ..Selection::default()
    };
    selection
        .list_if_served(session.api().await?, &Resource::events())
        .await
}

fn last_seen(event: &Value) -> Option<Timestamp> {
    ["lastTimestamp", "eventTime", "firstTimestamp"]
        .iter()
        .find_map(|field| time(&event[*field]))
        .or_else(|| time(&event["metadata"]["creationTimestamp"]))
}

fn row(event: &Value, now: Timestamp) -> Vec<String> {
    let short = |moment: Option<Timestamp>| moment.map_or("<unknown>".into(), |moment| age::short(moment, now));
    let mut seen = short(last_seen(event));
    if let (Some(count @ 2..), Some(first)) = (event["count"].as_u64(), time(&event["firstTimestamp"])) {
        seen = format!("{seen} (x{count} over {})", age::short(first, now));
    }
    let from = Some(text(&event["source"]["component"])).filter(|from| !from.is_empty());
    vec![
        text(&event["type"]).into(),
        text(&event["reason"]).into(),
        seen,
        from.unwrap_or(text(&event["reportingComponent"])).into(),
        text(&event["message"]).trim().into(),
    ]
}
