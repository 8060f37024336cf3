//! The scheduler of a cluster of one machine: pods that are on no node come to ours, if they want nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{Config, Event, watcher};
use serde_json::{Value, json};

use crate::node::Node;
use crate::pod_view::PodView;
use crate::recorder::Severity;

/// Schedulers whose pods are ours to place.
const DEFAULT_SCHEDULER: &str = "default-scheduler";

pub(crate) async fn run(node: Arc<Node>) {
    let pods: Api<Pod> = Api::all(node.client.clone());
    let mut events = watcher(pods, Config::default().fields("spec.nodeName="))
        .default_backoff()
        .boxed();
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Apply(pod) | Event::InitApply(pod)) => place(&node, &pod).await,
            Ok(Event::Init | Event::InitDone | Event::Delete(_)) => {}
            Err(error) => tracing::warn!(%error, "the watch on unscheduled pods broke off; it is taken up again"),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Decision {
    /// It has a node, is going, or is somebody else's.
    NotOurs,
    Bind,
    /// With the reason, for people.
    Unschedulable(String),
}

fn decide(pod: &Pod, node_labels: &BTreeMap<String, String>) -> Decision {
    let spec = pod.pod_spec();
    let scheduler = spec
        .scheduler_name
        .as_deref()
        .filter(|name| !name.is_empty())
        .unwrap_or(DEFAULT_SCHEDULER);
    if !pod.node_name().is_empty() || pod.deleted_at().is_some() || pod.is_terminal() || scheduler != DEFAULT_SCHEDULER
    {
        return Decision::NotOurs;
    }
    let gates = spec.scheduling_gates.iter().flatten().count();
    if gates > 0 {
        return Decision::NotOurs;
    }
    let unmet = spec
        .node_selector
        .iter()
        .flatten()
        .find(|(name, value)| node_labels.get(*name) != Some(value));
    match unmet {
        Some((name, value)) => Decision::Unschedulable(format!(
            "0/1 nodes are available: 1 node(s) didn't match Pod's node selector ({name}={value})."
        )),
        None => Decision::Bind,
    }
}

/// Labels of the node that pods may select.
pub(crate) fn node_labels(name: &str) -> BTreeMap<String, String> {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    BTreeMap::from([
        ("kubernetes.io/hostname".to_owned(), name.to_owned()),
        ("kubernetes.io/os".to_owned(), "linux".to_owned()),
        ("kubernetes.io/arch".to_owned(), architecture.to_owned()),
    ])
}

async fn place(node: &Node, pod: &Pod) {
    let pods: Api<Pod> = Api::namespaced(node.client.clone(), pod.namespace());
    let parameters = PatchParams::default();
    let outcome = match decide(pod, &node_labels(&node.name)) {
        Decision::NotOurs => return,
        Decision::Bind => {
            let patch = json!({"metadata": {"uid": pod.uid()}, "spec": {"nodeName": node.name}});
            let bound = pods
                .patch(pod.name(), &parameters, &Patch::Merge(patch))
                .await
                .map(drop);
            if bound.is_ok() {
                let message = format!(
                    "Successfully assigned {}/{} to {}",
                    pod.namespace(),
                    pod.name(),
                    node.name
                );
                node.event(pod, None, Severity::Normal, "Scheduled", message);
            }
            bound
        }
        Decision::Unschedulable(message) => match unschedulable(pod, &message, node.now()) {
            None => return,
            Some(patch) => {
                node.event(pod, None, Severity::Warning, "FailedScheduling", message);
                pods.patch_status(pod.name(), &parameters, &Patch::Merge(patch))
                    .await
                    .map(drop)
            }
        },
    };
    match outcome {
        Ok(()) => {}
        // Changed or gone meanwhile: a newer event follows.
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => {}
        Err(error) => tracing::warn!(pod = pod.name(), %error, "cannot schedule a pod"),
    }
}

/// The patch that says why a pod has no node. `None`: it says so already.
fn unschedulable(pod: &Pod, message: &str, now: Timestamp) -> Option<Value> {
    let mut conditions = pod
        .pod_status()
        .and_then(|status| status.conditions.clone())
        .unwrap_or_default();
    if conditions
        .iter()
        .any(|known| known.type_ == "PodScheduled" && known.message.as_deref() == Some(message))
    {
        return None;
    }
    conditions.retain(|known| known.type_ != "PodScheduled");
    let mut list = serde_json::to_value(conditions).ok()?;
    list.as_array_mut()?.push(json!({
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
        "lastTransitionTime": now.to_string(),
    }));
    Some(json!({"metadata": {"uid": pod.uid()}, "status": {"conditions": list}}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{at, pod};

    fn unplaced(patch: Value) -> Pod {
        let mut patch = patch;
        crate::fixtures::merge(&mut patch, json!({"spec": {"nodeName": null}}));
        pod(patch)
    }

    #[test]
    fn pods_without_a_node_come_to_ours() {
        let labels = node_labels("here");
        assert_eq!(decide(&unplaced(json!({})), &labels), Decision::Bind);
        assert_eq!(
            decide(
                &unplaced(json!({"spec": {"nodeSelector": {"kubernetes.io/os": "linux"}}})),
                &labels
            ),
            Decision::Bind
        );
        for other in [
            pod(json!({})),
            unplaced(json!({"metadata": {"deletionTimestamp": at(0).to_string()}})),
            unplaced(json!({"spec": {"schedulerName": "mine"}})),
            unplaced(json!({"spec": {"schedulingGates": [{"name": "wait"}]}})),
        ] {
            assert_eq!(decide(&other, &labels), Decision::NotOurs);
        }
    }

    #[test]
    fn a_pod_that_wants_another_node_says_so_once() {
        let wants = json!({"spec": {"nodeSelector": {"disk": "fast"}}});
        let Decision::Unschedulable(message) = decide(&unplaced(wants.clone()), &node_labels("here")) else {
            panic!("no node has that label")
        };
        assert!(message.contains("disk=fast"), "{message}");
        let patch = unschedulable(&unplaced(wants.clone()), &message, at(0)).unwrap();
        let mut told = wants;
        crate::fixtures::merge(&mut told, json!({"status": patch["status"].clone()}));
        assert_eq!(unschedulable(&unplaced(told), &message, at(9)), None);
    }
}
