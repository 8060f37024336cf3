use k8s_openapi::api::core::v1::Namespace;

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
