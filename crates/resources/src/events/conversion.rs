//! What the fields of an Event are called in both groups.

use serde_json::{Map, Value};
use weir_apiserver::Object;

/// Here, and in the core group.
const NAMES: [(&str, &str); 7] = [
    ("regarding", "involvedObject"),
    ("note", "message"),
    ("reportingController", "reportingComponent"),
    ("deprecatedSource", "source"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
];

pub(super) const API_VERSION: &str = "events.k8s.io/v1";

/// A core Event as it looks here.
pub(super) fn shown(event: &Object) -> Object {
    renamed(event, API_VERSION, |here, core| (core, here))
}

/// The core Event of one that looks as here.
pub(super) fn stored(event: &Object) -> Object {
    renamed(event, "v1", |here, core| (here, core))
}

/// A field that a selector names here, as the core group names it.
pub(super) fn stored_field(field: &str) -> String {
    let (first, rest) = field.split_at(field.find('.').unwrap_or(field.len()));
    let stored = NAMES
        .iter()
        .find(|(here, _)| *here == first)
        .map_or(first, |(_, core)| core);
    format!("{stored}{rest}")
}

fn renamed(
    event: &Object,
    api_version: &str,
    direction: fn(&'static str, &'static str) -> (&'static str, &'static str),
) -> Object {
    let members = event.as_object().into_iter().flatten();
    let name = |key: &str| {
        let names = NAMES.iter().map(|(here, core)| direction(here, core));
        let mut names = names.filter(|(from, _)| *from == key);
        names.next().map_or(key.to_owned(), |(_, to)| to.to_owned())
    };
    let mut renamed: Map<String, Value> = members.map(|(key, value)| (name(key), value.clone())).collect();
    renamed.insert("apiVersion".to_owned(), api_version.into());
    Value::Object(renamed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_names_mean_the_same_event() {
        let core = json!({"kind": "Event", "apiVersion": "v1", "metadata": {"name": "a"}, "involvedObject": {"kind": "Pod"},
            "message": "m", "reason": "r", "reportingComponent": "c", "reportingInstance": "i", "source": {"component": "s"},
            "firstTimestamp": "1", "lastTimestamp": "2", "count": 3, "eventTime": "4", "action": "a", "type": "Normal",
            "related": {"kind": "Node"}, "series": {"count": 2}});
        let here = json!({"kind": "Event", "apiVersion": "events.k8s.io/v1", "metadata": {"name": "a"},
            "regarding": {"kind": "Pod"}, "note": "m", "reason": "r", "reportingController": "c", "reportingInstance": "i",
            "deprecatedSource": {"component": "s"}, "deprecatedFirstTimestamp": "1", "deprecatedLastTimestamp": "2",
            "deprecatedCount": 3, "eventTime": "4", "action": "a", "type": "Normal", "related": {"kind": "Node"},
            "series": {"count": 2}});
        assert_eq!(shown(&core), here);
        assert_eq!(stored(&here), core);
    }

    #[test]
    fn selectors_name_the_stored_fields() {
        let table = [
            ("regarding.name", "involvedObject.name"),
            ("reportingController", "reportingComponent"),
            ("type", "type"),
            ("metadata.name", "metadata.name"),
        ];
        for (here, core) in table {
            assert_eq!(stored_field(here), core);
        }
    }
}
