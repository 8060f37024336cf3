use k8s_openapi::api::rbac::v1::ClusterRole;
use serde_json::{Value, json};
use weir_rbac::PolicyRule;

use super::plan::plan;

fn role(name: &str, labels: Value, rules: Value, aggregation: Value) -> ClusterRole {
    let role = json!({"metadata": {"name": name, "labels": labels}, "rules": rules, "aggregationRule": aggregation});
    serde_json::from_value(role).expect("a cluster role")
}

fn reads(resource: &str) -> Value {
    json!([{"apiGroups": [""], "resources": [resource], "verbs": ["get"]}])
}

fn selecting(label: &str) -> Value {
    json!({"clusterRoleSelectors": [{"matchLabels": {label: "true"}}]})
}

#[test]
fn a_new_part_reaches_the_role() {
    let view = role("view", json!({}), json!([]), selecting("to-view"));
    let part = role("part", json!({"to-view": "true"}), reads("pods"), Value::Null);
    let other = role("other", json!({}), reads("secrets"), Value::Null);
    let planned = plan(&view, [&view, &part, &other]).expect("rules");
    assert_eq!(planned, Some(vec![PolicyRule::resources(&["get"], &[""], &["pods"])]));
    let settled = role("view", json!({}), reads("pods"), selecting("to-view"));
    assert_eq!(plan(&settled, [&settled, &part, &other]).expect("rules"), None);
}

#[test]
fn rules_whose_part_is_gone_go_too() {
    let view = role("view", json!({}), reads("pods"), selecting("to-view"));
    assert_eq!(plan(&view, [&view]).expect("rules"), Some(Vec::new()));
}

#[test]
fn a_role_that_is_not_aggregated_is_left_alone() {
    let own = role("own", json!({}), reads("pods"), Value::Null);
    let part = role("part", json!({"to-view": "true"}), reads("secrets"), Value::Null);
    assert_eq!(plan(&own, [&own, &part]).expect("rules"), None);
}
