//! The patch that brings a live object to what a file says: fields the file sets are set, fields that an earlier version
//! of the file had set and this one does not are removed, everything else stays.

use serde_json::{Map, Value, json};

/// Lists whose items are told apart by a field, so that an item can be changed without touching its neighbours.
const MERGE_KEYS: [(&str, &str); 16] = [
    ("containers", "name"),
    ("initContainers", "name"),
    ("ephemeralContainers", "name"),
    ("env", "name"),
    ("volumes", "name"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("imagePullSecrets", "name"),
    ("hostAliases", "ip"),
    ("topologySpreadConstraints", "topologyKey"),
    ("resourceClaims", "name"),
    ("schedulingGates", "name"),
    ("secrets", "name"),
    ("tags", "name"),
    // Ports of containers and of services; whichever field the items have.
    ("ports", "containerPort"),
    ("ports", "port"),
];

/// How lists are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    /// As wholes: any server understands it.
    Whole,
    /// Item by item where the kind of list is known (strategic merge patch).
    ByItem,
}

/// The patch from `live` to `wanted`, knowing what was `applied` before; `{}` when there is nothing to do.
pub fn patch(applied: &Value, wanted: &Value, live: &Value, lists: Lists) -> Value {
    let (applied, wanted, live) = (fields(applied), fields(wanted), fields(live));
    Value::Object(map_patch(applied, wanted, live, lists))
}

fn fields(value: &Value) -> &Map<String, Value> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&EMPTY)
}

fn map_patch(
    applied: &Map<String, Value>,
    wanted: &Map<String, Value>,
    live: &Map<String, Value>,
    lists: Lists,
) -> Map<String, Value> {
    let mut patch = Map::new();
    for (name, value) in wanted {
        let before = applied.get(name).unwrap_or(&Value::Null);
        if let Some(change) = change(name, before, value, live.get(name), lists) {
            patch.insert(name.clone(), change);
        }
    }
    for name in applied
        .keys()
        .filter(|name| !wanted.contains_key(*name) && live.contains_key(*name))
    {
        patch.insert(name.clone(), Value::Null);
    }
    patch
}

fn change(name: &str, applied: &Value, wanted: &Value, live: Option<&Value>, lists: Lists) -> Option<Value> {
    match (wanted, live) {
        // A null in a file is a field left out.
        (Value::Null, None) => None,
        (wanted, None) => Some(wanted.clone()),
        (wanted, Some(live)) if wanted == live => None,
        (Value::Object(wanted), Some(Value::Object(live))) => {
            let patch = map_patch(fields(applied), wanted, live, lists);
            (!patch.is_empty()).then_some(Value::Object(patch))
        }
        (Value::Array(wanted), Some(Value::Array(live))) if lists == Lists::ByItem => {
            match merge_key(name, wanted, live) {
                Some(key) => list_patch(key, items(applied), wanted, live),
                None => Some(Value::Array(wanted.clone())),
            }
        }
        (wanted, Some(_)) => Some(wanted.clone()),
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The field that tells the items of both lists apart, when there is one and no two items share its value.
fn merge_key(list: &str, wanted: &[Value], live: &[Value]) -> Option<&'static str> {
    let distinct = |items: &[Value], key: &str| {
        let values: Vec<&Value> = items.iter().map(|item| &item[key]).collect();
        values
            .iter()
            .enumerate()
            .all(|(at, value)| !value.is_null() && !values[..at].contains(value))
    };
    let suits = |key: &&str| distinct(wanted, key) && distinct(live, key);
    MERGE_KEYS
        .iter()
        .filter(|(name, _)| *name == list)
        .map(|(_, key)| key)
        .copied()
        .find(suits)
}

fn list_patch(key: &str, applied: &[Value], wanted: &[Value], live: &[Value]) -> Option<Value> {
    let find = |items: &'_ [Value], value: &Value| items.iter().position(|item| item[key] == *value);
    let mut patch = Vec::new();
    for item in wanted {
        let before = find(applied, &item[key]).map_or(&Value::Null, |at| &applied[at]);
        match find(live, &item[key]) {
            None => patch.push(item.clone()),
            Some(at) => {
                let mut change = map_patch(fields(before), fields(item), fields(&live[at]), Lists::ByItem);
                if !change.is_empty() {
                    change.insert(key.into(), item[key].clone());
                    patch.push(Value::Object(change));
                }
            }
        }
    }
    for item in applied {
        let gone = find(wanted, &item[key]).is_none() && find(live, &item[key]).is_some();
        if gone && !item[key].is_null() {
            patch.push(json!({"$patch": "delete", key: item[key]}));
        }
    }
    (!patch.is_empty()).then_some(Value::Array(patch))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(applied: Value, wanted: Value, live: Value) -> (Value, Value) {
        let by_item = patch(&applied, &wanted, &live, Lists::ByItem);
        (by_item, patch(&applied, &wanted, &live, Lists::Whole))
    }

    fn same(patch: Value) -> (Value, Value) {
        (patch.clone(), patch)
    }

    #[test]
    fn only_what_differs_is_sent() {
        let live = json!({"a": 1, "b": {"c": 1, "default": true}, "status": {}});
        assert_eq!(
            patched(json!({}), json!({"a": 1, "b": {"c": 1}}), live.clone()),
            same(json!({}))
        );
        assert_eq!(
            patched(json!({}), json!({"a": 2, "b": {"c": 1}}), live.clone()),
            same(json!({"a": 2}))
        );
        assert_eq!(
            patched(json!({}), json!({"b": {"d": null, "e": 1}}), live),
            same(json!({"b": {"e": 1}}))
        );
    }

    #[test]
    fn what_the_file_no_longer_says_is_removed_and_what_others_said_stays() {
        let live = json!({"labels": {"mine": "1", "foreign": "2"}});
        assert_eq!(
            patched(json!({"labels": {"mine": "1"}}), json!({"labels": {}}), live.clone()),
            same(json!({"labels": {"mine": null}}))
        );
        assert_eq!(
            patched(json!({"labels": {"gone": "1"}}), json!({"labels": {}}), live),
            same(json!({}))
        );
    }

    #[test]
    fn containers_are_changed_one_by_one() {
        let live = json!({"containers": [
            {"name": "web", "image": "a", "imagePullPolicy": "Always", "ports": [{"containerPort": 80, "protocol": "TCP"}]},
            {"name": "injected", "image": "x"},
            {"name": "old", "image": "o"},
        ]});
        let applied = json!({"containers": [{"name": "web", "image": "a"}, {"name": "old", "image": "o"}]});
        let wanted = json!({"containers": [{"name": "web", "image": "b", "ports": [{"containerPort": 80}]}, {"name": "new", "image": "n"}]});
        let (by_item, whole) = patched(applied, wanted.clone(), live);
        assert_eq!(
            by_item,
            json!({"containers": [
                {"name": "web", "image": "b"}, {"name": "new", "image": "n"}, {"$patch": "delete", "name": "old"},
            ]})
        );
        assert_eq!(whole, wanted);
    }

    #[test]
    fn lists_without_a_key_are_replaced() {
        let (by_item, _) = patched(json!({}), json!({"triggers": [{"type": "A"}]}), json!({"triggers": []}));
        assert_eq!(by_item, json!({"triggers": [{"type": "A"}]}));
        let twice = json!({"ports": [{"port": 1}, {"port": 1}]});
        let (by_item, _) = patched(json!({}), twice.clone(), json!({"ports": []}));
        assert_eq!(by_item, twice);
    }
}
