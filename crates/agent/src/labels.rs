//! How a container says whose it is. The keys are the kubelet's, so that other tools understand them too.

use std::collections::BTreeMap;

use weir_engine::Container;

/// The instance that made the container: two instances on one engine leave each other's containers alone.
pub(crate) const INSTANCE: &str = "weir.dev/instance";
pub(crate) const POD_NAMESPACE: &str = "io.kubernetes.pod.namespace";
pub(crate) const POD_NAME: &str = "io.kubernetes.pod.name";
pub(crate) const POD_UID: &str = "io.kubernetes.pod.uid";
pub(crate) const CONTAINER_NAME: &str = "io.kubernetes.container.name";
/// How often this container of the pod was made before, from 0.
pub(crate) const ATTEMPT: &str = "weir.dev/attempt";

/// Labels that all containers of one name in one pod carry, whatever their attempt.
pub(crate) fn of_container(instance: &str, namespace: &str, pod: &str, container: &str) -> BTreeMap<String, String> {
    [
        (INSTANCE, instance),
        (POD_NAMESPACE, namespace),
        (POD_NAME, pod),
        (CONTAINER_NAME, container),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}

/// The attempt a container says it is; what is not a number of ours counts as the first.
pub(crate) fn attempt(container: &Container) -> u32 {
    container
        .labels
        .get(ATTEMPT)
        .and_then(|attempt| attempt.parse().ok())
        .unwrap_or(0)
}
