use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Namespace, Pod};

/// The finalizer that we answer for.
const OURS: &str = "kubernetes";

/// What everything else waits for.
const PODS: &str = "pods";
/// Then kinds that make others, then the others.
const FIRST: [&str; 6] = [
    PODS,
    "buildconfigs",
    "deploymentconfigs",
    "builds",
    "replicationcontrollers",
    "services",
];
/// What the others need until they are gone.
const LAST: [&str; 4] = ["configmaps", "secrets", "serviceaccounts", "events"];

/// When in the order of deletion a kind is due.
pub fn rank(plural: &str) -> usize {
    let position = |list: &[&str]| list.iter().position(|kind| *kind == plural);
    position(&FIRST).unwrap_or_else(|| position(&LAST).map_or(FIRST.len(), |place| FIRST.len() + 1 + place))
}

/// Whether kinds that come later wait until none of this kind is left.
pub fn holds_up_the_rest(plural: &str) -> bool {
    plural == PODS
}

/// Whether the namespace waits for us to empty it.
pub fn is_to_be_emptied(namespace: &Namespace) -> bool {
    let finalizers = namespace.spec.as_ref().and_then(|spec| spec.finalizers.as_ref());
    namespace.metadata.deletion_timestamp.is_some() && finalizers.into_iter().flatten().any(|held| held == OURS)
}

/// The namespace without our finalizer.
pub fn finalized(namespace: &Namespace) -> Namespace {
    let mut namespace = namespace.clone();
    if let Some(finalizers) = namespace.spec.as_mut().and_then(|spec| spec.finalizers.as_mut()) {
        finalizers.retain(|held| held != OURS);
    }
    namespace
}

/// What is to be said of a pod whose time to end gracefully is over and which is still there: its node has not ended it.
pub fn overdue(pod: &Pod, now: Timestamp) -> Option<String> {
    let deadline = pod.metadata.deletion_timestamp.as_ref()?.0;
    if now <= deadline {
        return None;
    }
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
    let why = pod.status.as_ref().and_then(|status| status.message.as_deref());
    let said = format!("pod {name} has not been ended by node {}", node.unwrap_or_default());
    Some(why.map_or(said.clone(), |why| format!("{said}: {why}")))
}
