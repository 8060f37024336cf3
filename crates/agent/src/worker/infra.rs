use std::sync::Arc;

use k8s_openapi::api::core::v1::{Container, Pod};
use weir_engine::{EngineError, NetworkMode};

use super::Worker;
use super::start::Trouble;
use crate::container;
use crate::facts::FailureReason;
use crate::instance::{Instance, Observed};
use crate::pause;

impl Worker {
    /// The container that holds the network of the pod.
    pub(super) async fn start_infra(&mut self, pod: &Arc<Pod>, observed: &Observed) -> Result<(), EngineError> {
        let attempt = observed.infra().map_or(0, |infra: &Instance| infra.attempt + 1);
        match self.try_start_infra(pod, attempt).await {
            Ok(id) => {
                self.facts.failures.remove("");
                self.made.push(id);
                Ok(())
            }
            Err(trouble) => self.note(pod, &Container::default(), trouble),
        }
    }

    async fn try_start_infra(&self, pod: &Arc<Pod>, attempt: u32) -> Result<String, Trouble> {
        let image = pause::ensure_image(self.node.engine.as_ref())
            .await
            .map_err(Trouble::Engine)?;
        self.node.ensure_network().await.map_err(Trouble::Engine)?;
        let network = NetworkMode::Named(self.node.installation.clone());
        let spec = container::infra_spec(pod, &self.node.installation, &image, network, attempt);
        let id = self.create(&spec).await?;
        match self.node.engine.start(&id).await {
            Ok(()) => {
                self.node.hold_bridge().await;
                Ok(id)
            }
            Err(error) if error.is_unavailable() => Err(Trouble::Engine(error)),
            Err(error) => {
                let message = format!("cannot set up the pod's network: {error}");
                Err(Trouble::Failed(FailureReason::CreateContainer, message))
            }
        }
    }
}
