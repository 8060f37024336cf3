use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Container, LifecycleHandler, Pod};

use super::start::Trouble;
use super::{Message, Worker};
use crate::facts::PostStart;
use crate::hooks;
use crate::instance::{Instance, Observed};
use crate::pod_view::PodView;
use crate::probes::Prober;
use crate::recorder::Severity;

/// A preStop hook with all it needs, to run beside the worker.
pub(super) struct PreStop {
    prober: Prober,
    pod: Arc<Pod>,
    container: Container,
    instance: Instance,
    hook: LifecycleHandler,
}

impl PreStop {
    /// Returns what is left of the grace period. A hook that fails is told of and holds up nothing.
    pub async fn run(self, grace: Duration) -> Duration {
        let (left, outcome) =
            hooks::before_stop(&self.prober, &self.container, &self.instance, &self.hook, grace).await;
        if let Err(why) = outcome {
            let message = format!("PreStopHook failed: {why}");
            let container = Some(self.container.name.as_str());
            self.prober
                .recorder
                .record(&self.pod, container, Severity::Warning, "FailedPreStopHook", message);
        }
        left
    }
}

impl Worker {
    pub(super) fn pre_stop(&self, pod: &Arc<Pod>, instance: &Instance) -> Option<PreStop> {
        let (_, container) = pod.find_container(&instance.container)?;
        Some(PreStop {
            prober: self.node.prober.clone(),
            pod: Arc::clone(pod),
            hook: hooks::pre_stop(container)?,
            container: container.clone(),
            instance: instance.clone(),
        })
    }

    /// Starts the postStart hook of a container that has just started, if it has one, beside the worker.
    pub(super) async fn post_start(
        &mut self,
        pod: &Arc<Pod>,
        container: &Container,
        id: &str,
        observed: &Observed,
    ) -> Result<(), Trouble> {
        let Some(hook) = hooks::post_start(container) else {
            return Ok(());
        };
        let found = self.node.engine.inspect(id).await.map_err(Trouble::Engine)?;
        let Some(mut instance) = Instance::from_engine(found) else {
            return Ok(());
        };
        if instance.address.is_none() {
            instance.address = observed.infra().and_then(|infra| infra.address);
        }
        self.facts.post_start.insert(id.to_owned(), PostStart::UnderWay);
        let (prober, pod, container) = (self.node.prober.clone(), Arc::clone(pod), container.clone());
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let outcome = hooks::run(&prober, &container, &instance, &hook).await;
            if let Err(why) = &outcome {
                let message = format!("PostStartHook failed: {why}");
                let name = Some(container.name.as_str());
                prober
                    .recorder
                    .record(&pod, name, Severity::Warning, "FailedPostStartHook", message);
            }
            let message = Message::PostStart {
                id: instance.id,
                succeeded: outcome.is_ok(),
            };
            // A worker that is gone has no use for it.
            let _told = sender.send(message).await;
        });
        Ok(())
    }

    pub(super) fn post_start_ended(&mut self, id: String, succeeded: bool) {
        if succeeded {
            self.facts.post_start.remove(&id);
        } else if let Some(known) = self.facts.post_start.get_mut(&id) {
            // Only of instances that still run.
            *known = PostStart::Failed;
        }
    }
}
