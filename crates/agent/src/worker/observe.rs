use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use weir_engine::EngineError;

use super::Worker;
use crate::instance::{Instance, Observed, Role};
use crate::pod_view::PodView;
use crate::{labels, probes};

impl Worker {
    /// What the engine has for the pod.
    pub(super) async fn observe(&mut self) -> Result<Observed, EngineError> {
        let labels = labels::of_pod(&self.node.installation, &self.uid);
        let listed = self.node.engine.list(&labels).await?;
        let observed = self.inspect(listed.into_iter().map(|container| container.id)).await?;
        self.facts.obstacle = None;
        Ok(observed)
    }

    /// The same after our own changes: only we make containers for the pod, so the ids are known.
    pub(super) async fn observe_again(&mut self, before: &Observed) -> Result<Observed, EngineError> {
        let made = std::mem::take(&mut self.made);
        self.inspect(before.all().map(|instance| instance.id.clone()).chain(made))
            .await
    }

    async fn inspect(&self, ids: impl Iterator<Item = String>) -> Result<Observed, EngineError> {
        let mut instances = Vec::new();
        for id in ids {
            match self.node.engine.inspect(&id).await {
                Ok(container) => instances.extend(Instance::from_engine(container)),
                // Removed meanwhile.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        share_address(&mut instances);
        Ok(Observed::new(instances))
    }

    /// Probes what runs, and nothing else.
    pub(super) fn watch_health(&mut self, pod: Option<&Arc<Pod>>, observed: &Observed) {
        let Some(pod) = pod.filter(|pod| pod.deleted_at().is_none() && !pod.is_terminal()) else {
            self.probing.clear();
            return;
        };
        for container in pod
            .main_containers()
            .iter()
            .filter(|container| probes::has_probes(container))
        {
            let Some(instance) = observed
                .newest(Role::Main, &container.name)
                .filter(|instance| instance.is_running())
            else {
                continue;
            };
            if self.probing.contains_key(&instance.id) || self.facts.post_start.contains_key(&instance.id) {
                continue;
            }
            let belief = probes::first_belief(pod, container, instance);
            self.facts.health.insert(instance.id.clone(), belief.clone());
            let probing = self
                .node
                .prober
                .start(Arc::clone(pod), container, instance, belief, self.sender.clone());
            self.probing.insert(instance.id.clone(), probing);
        }
    }
}

/// Containers that share a network are reached at the address of its holder.
fn share_address(instances: &mut [Instance]) {
    let holder = instances
        .iter()
        .rev()
        .find(|instance| instance.role == Role::Infra && instance.is_running());
    let Some(address) = holder.and_then(|infra| infra.address) else {
        return;
    };
    for instance in instances.iter_mut().filter(|instance| instance.is_running()) {
        instance.address.get_or_insert(address);
    }
}
