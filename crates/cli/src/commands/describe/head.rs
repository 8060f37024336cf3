use jiff::Timestamp;
use serde_json::Value;

use crate::age;
use crate::output::sheet::Sheet;

/// Name, namespace, age, labels and annotations, as every description begins.
pub fn fill(now: Timestamp, object: &Value, sheet: &mut Sheet) {
    let metadata = &object["metadata"];
    sheet.field("Name", text(&metadata["name"]));
    sheet.maybe("Namespace", metadata["namespace"].as_str());
    sheet.field("Created", created(now, metadata));
    sheet.map("Labels", &metadata["labels"]);
    sheet.map("Annotations", &metadata["annotations"]);
    sheet.maybe(
        "Deletion",
        metadata["deletionTimestamp"]
            .as_str()
            .map(|time| format!("asked for at {time}")),
    );
}

pub fn created(now: Timestamp, metadata: &Value) -> String {
    time(&metadata["creationTimestamp"]).map_or("<unknown>".into(), |created| age::ago(created, now))
}

pub fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
