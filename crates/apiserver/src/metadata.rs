//! `metadata`: what the server owns in it, and which values are allowed.

mod validation;

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::Object;

pub(crate) use validation::{validate, validate_update};

/// Finalizers that the garbage collector removes: once the dependents have forgotten the object, or are gone.
pub(crate) const ORPHAN: &str = "orphan";
pub(crate) const FOREGROUND: &str = "foregroundDeletion";

/// Fields that only the machinery writes; what a client sends for them is dropped.
const SERVER_OWNED: &[&str] = &[
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "selfLink",
    "managedFields",
];

/// Makes the metadata of a new object: an own uid, and nothing that a client claims of its past.
pub(crate) fn begin(object: &mut Object, uid: Uuid, now: Timestamp) {
    let metadata = members(object);
    for field in SERVER_OWNED {
        metadata.remove(*field);
    }
    metadata.remove("resourceVersion");
    metadata.insert("uid".to_owned(), uid.to_string().into());
    metadata.insert("creationTimestamp".to_owned(), seconds(now).into());
}

/// Keeps what an update cannot change.
pub(crate) fn carry_over(object: &mut Object, old: &Object) {
    let metadata = members(object);
    for field in SERVER_OWNED.iter().chain(&["name", "namespace", "resourceVersion"]) {
        match old["metadata"].get(field) {
            Some(value) => metadata.insert((*field).to_owned(), value.clone()),
            None => metadata.remove(*field),
        };
    }
}

/// The generation that a write of the server's own decided on. A client's would not count.
pub(crate) fn generation(object: &Object) -> Option<i64> {
    object["metadata"]["generation"].as_i64()
}

/// Sets the generation, if there is one to set.
pub(crate) fn set_generation(object: &mut Object, generation: Option<i64>) {
    if let Some(generation) = generation {
        members(object).insert("generation".to_owned(), generation.into());
    }
}

/// Takes away maps and lists that say nothing: to clients they are not there.
pub(crate) fn drop_empty(object: &mut Object) {
    let metadata = members(object);
    for field in ["labels", "annotations", "finalizers", "ownerReferences"] {
        let says_nothing = match metadata.get(field) {
            Some(Value::Object(entries)) => entries.is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            _ => false,
        };
        if says_nothing {
            metadata.remove(field);
        }
    }
}

/// The members of `metadata`, which is made when it is not there or not an object.
pub(crate) fn members(object: &mut Object) -> &mut Map<String, Value> {
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let metadata = &mut object["metadata"];
    if !metadata.is_object() {
        *metadata = Value::Object(Map::new());
    }
    match metadata {
        Value::Object(members) => members,
        _ => unreachable!("it was made an object"),
    }
}

/// A text of `metadata`; `""` when it is not there.
pub(crate) fn text<'a>(object: &'a Object, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or_default()
}

/// A time as Kubernetes writes it: UTC, whole seconds.
pub fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A time as Kubernetes writes it where seconds are too coarse: UTC, microseconds.
pub fn microseconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// Sets `metadata.generation` of a new object to 1. For [`crate::Strategy::prepare_for_create`].
pub fn start_generation(object: &mut Object) {
    members(object).insert("generation".to_owned(), 1.into());
}

/// Sets `metadata.generation` to that of `old`, and one more when anything but metadata and status changed. For
/// [`crate::Strategy::prepare_for_update`].
pub fn bump_generation(object: &mut Object, old: &Object) {
    let generation = old["metadata"]["generation"].as_i64().unwrap_or(0);
    let changed = wish(object).ne(wish(old));
    members(object).insert("generation".to_owned(), (generation + i64::from(changed)).into());
}

/// What a user wants of an object, in the order of its keys.
fn wish(object: &Object) -> impl Iterator<Item = (&String, &Value)> {
    let members = object.as_object().into_iter().flatten();
    members.filter(|(key, _)| !matches!(key.as_str(), "apiVersion" | "kind" | "metadata" | "status"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_new_object_has_no_past() {
        let mut object = json!({"metadata": {"name": "a", "uid": "x", "resourceVersion": "4", "generation": 7,
            "deletionTimestamp": "2020-01-01T00:00:00Z", "managedFields": []}});
        begin(&mut object, Uuid::nil(), Timestamp::UNIX_EPOCH);
        assert_eq!(
            object["metadata"],
            json!({"name": "a", "uid": Uuid::nil().to_string(), "creationTimestamp": "1970-01-01T00:00:00Z"})
        );
    }

    #[test]
    fn an_update_keeps_what_the_server_owns() {
        let old = json!({"metadata": {"name": "a", "uid": "u", "generation": 2, "resourceVersion": "5", "labels": {"a": "b"}}});
        let mut object = json!({"metadata": {"uid": "other", "generation": 9, "selfLink": "/x"}});
        carry_over(&mut object, &old);
        assert_eq!(
            object,
            json!({"metadata": {"name": "a", "uid": "u", "generation": 2, "resourceVersion": "5"}})
        );
    }

    #[test]
    fn what_says_nothing_is_not_there() {
        let mut object = json!({"metadata": {"name": "a", "labels": {}, "annotations": {"a": ""}, "finalizers": [],
            "ownerReferences": []}});
        drop_empty(&mut object);
        assert_eq!(object, json!({"metadata": {"name": "a", "annotations": {"a": ""}}}));
    }

    #[test]
    fn generation_counts_changes_of_the_wish() {
        let old = json!({"metadata": {"generation": 3}, "spec": {"a": 1}, "status": {"b": 1}});
        let table = [
            (
                json!({"metadata": {"labels": {}}, "spec": {"a": 1}, "status": {"b": 2}}),
                3,
            ),
            (json!({"metadata": {}, "spec": {"a": 2}}), 4),
            (json!({"metadata": {}, "spec": {"a": 1}, "data": {}}), 4),
        ];
        for (mut object, wanted) in table {
            bump_generation(&mut object, &old);
            assert_eq!(object["metadata"]["generation"], wanted);
        }
    }
}
