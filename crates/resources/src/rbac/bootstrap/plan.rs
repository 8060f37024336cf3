//! What a default object that exists lacks. Nothing is ever taken away from it.

use serde::Deserialize;
use serde_json::{Value, json};
use weir_apiserver::Object;
use weir_rbac::{PolicyRule, uncovered};

use super::entries;
use crate::json;

/// `false` on a default role or binding: it stays as its administrator made it.
pub(super) const AUTO_UPDATE: &str = "rbac.authorization.kubernetes.io/autoupdate";

/// `existing` with what it lacks of `wanted`; `None` when it lacks nothing.
pub(super) fn reconciled(existing: &Object, wanted: &Object) -> Option<Object> {
    let is_default = json::meta(wanted, "annotations", AUTO_UPDATE) == "true";
    if !is_default || json::meta(existing, "annotations", AUTO_UPDATE) == "false" {
        return None;
    }
    // A binding of that name to another role is not the one that is meant here.
    if existing["roleRef"] != wanted["roleRef"] {
        return None;
    }
    let mut object = existing.clone();
    for map in ["labels", "annotations"] {
        for (key, value) in entries(wanted, &format!("/metadata/{map}")) {
            json::map_at(&mut object, &["metadata", map])?
                .entry(key)
                .or_insert(value);
        }
    }
    // The rules of an aggregated role follow from its parts.
    match json::is_unset(wanted, "/aggregationRule") {
        true => add_rules(&mut object, wanted),
        false => add_items(&mut object, wanted, &["aggregationRule", "clusterRoleSelectors"]),
    }
    add_items(&mut object, wanted, &["subjects"]);
    (object != *existing).then_some(object)
}

fn add_rules(object: &mut Object, wanted: &Object) {
    let rules = |object: &Object| Vec::<PolicyRule>::deserialize(&object["rules"]).unwrap_or_default();
    let held = rules(object);
    let held: Vec<&PolicyRule> = held.iter().collect();
    let lacking = rules(wanted).into_iter();
    for rule in lacking.filter(|rule| uncovered(&held, std::slice::from_ref(rule)).is_err()) {
        push(object, &["rules"], json!(rule));
    }
}

fn add_items(object: &mut Object, wanted: &Object, path: &[&str]) {
    let pointer = format!("/{}", path.join("/"));
    for item in json::items(wanted, &pointer) {
        if !json::items(object, &pointer).contains(item) {
            push(object, path, item.clone());
        }
    }
}

fn push(object: &mut Object, path: &[&str], item: Value) {
    let pointer = format!("/{}", path.join("/"));
    if json::items(object, &pointer).is_empty() {
        json::put(object, path, json!([]));
    }
    if let Some(items) = object.pointer_mut(&pointer).and_then(Value::as_array_mut) {
        items.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(annotation: &str, rules: Value) -> Object {
        json!({"metadata": {"name": "x", "annotations": {AUTO_UPDATE: annotation}, "labels": {}}, "rules": rules})
    }

    fn read(resource: &str, verbs: &[&str]) -> Value {
        json!({"apiGroups": [""], "resources": [resource], "verbs": verbs})
    }

    #[test]
    fn missing_rules_are_added_and_others_kept() {
        let wanted = role(
            "true",
            json!([read("pods", &["get", "list"]), read("services", &["get"])]),
        );
        let existing = role("true", json!([read("pods", &["*"]), read("mine", &["get"])]));
        let changed = reconciled(&existing, &wanted).expect("a change");
        assert_eq!(
            changed["rules"],
            json!([read("pods", &["*"]), read("mine", &["get"]), read("services", &["get"])])
        );
        assert_eq!(reconciled(&changed, &wanted), None);
    }

    #[test]
    fn what_the_administrator_took_over_is_left_alone() {
        let wanted = role("true", json!([read("pods", &["get"])]));
        assert_eq!(reconciled(&role("false", json!([])), &wanted), None);
        let binding =
            |role: &str| json!({"metadata": {"annotations": {AUTO_UPDATE: "true"}}, "roleRef": {"name": role}});
        assert_eq!(reconciled(&binding("other"), &binding("edit")), None);
    }

    #[test]
    fn missing_subjects_labels_and_selectors_are_added() {
        let object = |labels: Value, subjects: Value, selectors: Value| {
            json!({"metadata": {"annotations": {AUTO_UPDATE: "true"}, "labels": labels}, "subjects": subjects,
                "aggregationRule": {"clusterRoleSelectors": selectors}})
        };
        let wanted = object(
            json!({"a": "1"}),
            json!([{"name": "x"}]),
            json!([{"matchLabels": {"a": "1"}}]),
        );
        let existing = object(json!({"a": "2"}), json!([{"name": "y"}]), json!([]));
        let changed = reconciled(&existing, &wanted).expect("a change");
        assert_eq!(changed["metadata"]["labels"], json!({"a": "2"}));
        assert_eq!(changed["subjects"], json!([{"name": "y"}, {"name": "x"}]));
        assert_eq!(changed["aggregationRule"], wanted["aggregationRule"]);
    }
}
