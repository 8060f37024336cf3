//! Objects for tests, written as the API would show them.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Pod, ReplicationController};
use kube::Resource;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use weir_api::apps::DeploymentConfig;

/// The moment at which plans in tests are made.
pub fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().expect("a time")
}

/// So many seconds before [`now`].
pub fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

/// Reads an object of any kind.
pub fn object<K: DeserializeOwned>(value: Value) -> K {
    serde_json::from_value(value).expect("an object of this kind")
}

/// Lays `change` over `base`, as a merge patch does.
pub fn with(mut base: Value, change: Value) -> Value {
    json_patch::merge(&mut base, &change);
    base
}

/// An owner reference to the controller of `kind` with this name; its uid is `uid-NAME`.
pub fn owned_by(kind: &str, name: &str) -> Value {
    json!([{"apiVersion": "v1", "kind": kind, "name": name, "uid": format!("uid-{name}"), "controller": true}])
}

/// Metadata of an object in namespace `ns`.
pub fn meta(name: &str) -> Value {
    json!({"name": name, "namespace": "ns", "uid": format!("uid-{name}"), "resourceVersion": "7", "generation": 1,
        "creationTimestamp": ago(600).to_string()})
}

/// A running pod of the replication controller `owner`, ready since `ready_for` seconds if given.
pub fn pod(name: &str, owner: &str, ready_for: Option<i64>) -> Value {
    let conditions = ready_for
        .map(|seconds| json!([{"type": "Ready", "status": "True", "lastTransitionTime": ago(seconds).to_string()}]));
    json!({
        "metadata": with(meta(name), json!({
            "labels": {"app": "web"},
            "ownerReferences": owned_by("ReplicationController", owner),
        })),
        "spec": {"nodeName": "here", "containers": [{"name": "c"}]},
        "status": {"phase": "Running", "conditions": conditions},
    })
}

/// A replication controller that wants `replicas` pods of the app `web`.
pub fn controller(name: &str, replicas: i32) -> Value {
    json!({
        "metadata": meta(name),
        "spec": {
            "replicas": replicas,
            "selector": {"app": "web"},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
        },
        "status": {"replicas": 0},
    })
}

/// A DeploymentConfig `web` with a ConfigChange trigger and one container `c`.
pub fn config(replicas: i32, latest_version: i64) -> Value {
    json!({
        "metadata": meta("web"),
        "spec": {
            "replicas": replicas,
            "strategy": {"type": "Rolling", "rollingParams": {"timeoutSeconds": 600}},
            "triggers": [{"type": "ConfigChange"}],
            "selector": {"app": "web"},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}},
        },
        "status": {"latestVersion": latest_version, "observedGeneration": 1},
    })
}

/// The deployment of `version` of the config [`config`], with `replicas` pods of which all are available.
pub fn deployment(version: i64, phase: &str, replicas: i32) -> Value {
    let encoded = with(
        config(2, version),
        json!({"apiVersion": "apps.openshift.io/v1", "kind": "DeploymentConfig"}),
    );
    let desired = (phase != "Complete").then_some("2");
    let name = format!("web-{version}");
    json!({
        "metadata": with(meta(&name), json!({
            "annotations": {
                "openshift.io/deployment-config.name": "web",
                "openshift.io/deployment-config.latest-version": version.to_string(),
                "openshift.io/deployment.phase": phase,
                "openshift.io/encoded-deployment-config": encoded.to_string(),
                "kubectl.kubernetes.io/desired-replicas": desired,
            },
            "ownerReferences": owned_by("DeploymentConfig", "web"),
        })),
        "spec": {
            "replicas": replicas,
            "template": {"metadata": {}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}},
        },
        "status": {"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas},
    })
}

pub fn a_pod(value: Value) -> Pod {
    object(value)
}

pub fn a_controller(value: Value) -> ReplicationController {
    object(value)
}

pub fn a_config(value: Value) -> DeploymentConfig {
    object(value)
}

/// The names of objects, in their order.
pub fn names<'a, K: Resource + 'a>(objects: impl IntoIterator<Item = &'a K>) -> Vec<String> {
    objects
        .into_iter()
        .map(|object| object.meta().name.clone().unwrap_or_default())
        .collect()
}
