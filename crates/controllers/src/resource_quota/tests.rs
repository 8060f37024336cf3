use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, ResourceQuota};
use serde_json::{Value, json};
use weir_quota::Counted;

use super::plan::{Observed, Plan, plan};

fn quota(hard: Value, status: Value) -> ResourceQuota {
    serde_json::from_value(json!({"metadata": {"name": "q"}, "spec": {"hard": hard}, "status": status})).unwrap()
}

fn pod(cpu: &str, metadata: Value) -> Pod {
    let container = json!({"name": "c", "resources": {"requests": {"cpu": cpu}}});
    serde_json::from_value(json!({"metadata": metadata, "spec": {"containers": [container]}})).unwrap()
}

fn planned(quota: &ResourceQuota, pods: &[Pod]) -> Plan {
    let count = |kind: &Counted| if kind.resource == "secrets" { 3 } else { 0 };
    let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    plan(&Observed {
        quota,
        pods: pods.iter().collect(),
        count: &count,
        now,
    })
}

#[test]
fn the_status_tells_what_is_allowed_and_used() {
    let hard = json!({"pods": "4", "requests.cpu": "2", "count/secrets": "5", "persistentvolumeclaims": "1"});
    let pods = [pod("500m", json!({})), pod("250m", json!({}))];
    let status = planned(&quota(hard.clone(), Value::Null), &pods).status.unwrap();
    let used = json!({"pods": "2", "requests.cpu": "750m", "count/secrets": "3", "persistentvolumeclaims": "0"});
    assert_eq!(status, json!({"status": {"hard": hard, "used": used}}));
}

#[test]
fn a_status_that_is_true_is_left_alone() {
    let status = json!({"hard": {"pods": "4"}, "used": {"pods": "0"}});
    assert_eq!(planned(&quota(json!({"pods": "4"}), status), &[]), Plan::default());
}

#[test]
fn a_quota_without_bounds_has_an_empty_status_once() {
    let first = planned(&quota(json!({}), json!({})), &[]).status.unwrap();
    assert_eq!(first, json!({"status": {"hard": {}, "used": {}}}));
    let empty = json!({"hard": {}, "used": {}});
    assert_eq!(planned(&quota(json!({}), empty), &[]).status, None);
}

#[test]
fn what_is_bounded_no_more_leaves_the_status() {
    let status = json!({"hard": {"pods": "4", "secrets": "1"}, "used": {"pods": "0", "secrets": "1"}});
    let patch = planned(&quota(json!({"pods": "4"}), status), &[]).status.unwrap();
    let gone = |amount: &str| json!({"pods": amount, "secrets": null});
    assert_eq!(patch, json!({"status": {"hard": gone("4"), "used": gone("0")}}));
}

#[test]
fn a_pod_that_should_be_gone_is_looked_at_when_it_counts_no_more() {
    let going = json!({"deletionTimestamp": "2026-01-02T03:04:00Z", "deletionGracePeriodSeconds": 30});
    let plan = planned(&quota(json!({"pods": "4"}), Value::Null), &[pod("1", going)]);
    assert_eq!(plan.again, Some(Duration::from_millis(25_001)));
}

#[test]
fn a_quota_on_its_way_out_is_left_alone() {
    let mut quota = quota(json!({"pods": "4"}), Value::Null);
    quota.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-02T03:04:00Z")).unwrap();
    assert_eq!(planned(&quota, &[]), Plan::default());
}
