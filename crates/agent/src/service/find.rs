use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;

use super::answer::Failure;
use crate::instance::{Instance, Observed, Role};
use crate::labels;
use crate::node::Node;
use crate::pod_view::PodView;

/// Path of a request.
#[derive(Clone, Debug, serde::Deserialize)]
pub(super) struct Target {
    pub namespace: String,
    pub pod: String,
    pub container: String,
}

impl Target {
    /// The instance that is meant: the newest, or the one before.
    pub async fn instance(&self, node: &Node, previous: bool) -> Result<Instance, Failure> {
        let pod = self.pod(node)?;
        let unknown = || {
            Failure::bad_request(format!(
                "container {} is not valid for pod {}",
                self.container, self.pod
            ))
        };
        let (role, _) = pod.find_container(&self.container).ok_or_else(unknown)?;
        let listed = node.engine.list(&labels::of_pod(&node.installation, pod.uid())).await?;
        let observed = Observed::new(listed.into_iter().filter_map(Instance::from_engine).collect());
        let found = if previous {
            observed.previous(role, &self.container)
        } else {
            observed.newest(role, &self.container)
        };
        found.cloned().ok_or_else(|| self.absent(&pod, role, previous))
    }

    pub fn pod(&self, node: &Node) -> Result<Arc<Pod>, Failure> {
        node.pods
            .find(&self.namespace, &self.pod)
            .ok_or_else(|| Failure::not_found(format!("pod \"{}\" is not on node {}", self.pod, node.name)))
    }

    fn absent(&self, pod: &Pod, role: Role, previous: bool) -> Failure {
        let (container, name) = (&self.container, &self.pod);
        if previous {
            return Failure::bad_request(format!(
                "previous terminated container \"{container}\" in pod \"{name}\" not found"
            ));
        }
        let status = pod.pod_status().cloned().unwrap_or_default();
        let list = if role == Role::Init {
            status.init_container_statuses
        } else {
            status.container_statuses
        };
        let known = list.into_iter().flatten().find(|status| status.name == *container);
        let reason = known
            .and_then(|status| status.state?.waiting?.reason)
            .unwrap_or_else(|| "ContainerCreating".to_owned());
        Failure::bad_request(format!(
            "container \"{container}\" in pod \"{name}\" is waiting to start: {reason}"
        ))
    }
}
