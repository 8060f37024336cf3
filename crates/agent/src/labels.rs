//! How a container is marked as ours. These labels are all that is needed to find everything again after a restart.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Pod;

/// The installation that made the container; two on one engine leave each other's alone.
pub const INSTALLATION: &str = "weir.dev/installation";
pub(crate) const NAMESPACE: &str = "weir.dev/pod.namespace";
pub(crate) const POD: &str = "weir.dev/pod.name";
pub(crate) const UID: &str = "weir.dev/pod.uid";
pub(crate) const CONTAINER: &str = "weir.dev/container.name";
/// `main`, `init` or `infra`.
pub(crate) const ROLE: &str = "weir.dev/container.role";
/// How often the container has been started before.
pub(crate) const ATTEMPT: &str = "weir.dev/container.attempt";
/// How many of those starts came right after a short life.
pub(crate) const CRASHES: &str = "weir.dev/container.crashes";
/// The image as the pod names it.
pub(crate) const IMAGE: &str = "weir.dev/container.image";
/// The image that runs, by digest, as the status shows it.
pub(crate) const IMAGE_ID: &str = "weir.dev/container.image-id";

pub(crate) fn of_installation(installation: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(INSTALLATION.to_owned(), installation.to_owned())])
}

pub(crate) fn of_pod(installation: &str, uid: &str) -> BTreeMap<String, String> {
    let mut labels = of_installation(installation);
    labels.insert(UID.to_owned(), uid.to_owned());
    labels
}

/// What all containers of a pod carry.
pub(crate) fn for_pod(installation: &str, pod: &Pod) -> BTreeMap<String, String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut labels = of_pod(installation, &text(&pod.metadata.uid));
    labels.insert(NAMESPACE.to_owned(), text(&pod.metadata.namespace));
    labels.insert(POD.to_owned(), text(&pod.metadata.name));
    labels
}
