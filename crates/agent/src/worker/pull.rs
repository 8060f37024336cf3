use std::sync::Arc;

use k8s_openapi::api::core::v1::{Container, Pod};

use super::start::Trouble;
use super::{Message, Worker};
use crate::facts::FailureReason;
use crate::image::{ImageError, ImageName, Lookup, PresentImage};
use crate::pod_view::PodView;
use crate::recorder::Severity;

impl Worker {
    /// The image, when it is there; otherwise it is pulled beside the worker.
    pub(super) async fn image(
        &mut self,
        pod: &Arc<Pod>,
        container: &Container,
    ) -> Result<Option<PresentImage>, Trouble> {
        let written = container.image.clone().unwrap_or_default();
        if let Some((name, image)) = self.pulled.remove(&container.name)
            && name == written
        {
            return Ok(Some(image));
        }
        match self.node.images.look(container).await {
            Ok(Lookup::Present(image)) => {
                let message = format!("Container image \"{written}\" already present on machine");
                self.node
                    .event(pod, Some(&container.name), Severity::Normal, "Pulled", message);
                Ok(Some(image))
            }
            Ok(Lookup::Absent(image)) => {
                self.pull(pod, container, image);
                Ok(None)
            }
            Err(error) => Err(trouble(error)),
        }
    }

    fn pull(&mut self, pod: &Arc<Pod>, container: &Container, image: ImageName) {
        let written = container.image.clone().unwrap_or_default();
        let message = format!("Pulling image \"{written}\"");
        self.node
            .event(pod, Some(&container.name), Severity::Normal, "Pulling", message);
        self.facts.pulling.insert(container.name.clone());
        let policy = self.node.images.policy(container, &image);
        let (node, pod, name) = (Arc::clone(&self.node), Arc::clone(pod), container.name.clone());
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let started = node.now();
            let outcome = tokio::select! {
                outcome = node.images.pull(&pod, &image, policy, started) => outcome,
                // A worker that is gone, or an agent that ends, waits for no image.
                () = sender.closed() => return,
                () = node.shutdown.cancelled() => return,
            };
            if outcome.is_ok() {
                let took = node.now().duration_since(started).as_secs_f64();
                let message = format!("Successfully pulled image \"{written}\" in {took:.3}s");
                node.event(&pod, Some(&name), Severity::Normal, "Pulled", message);
            }
            let outcome = Box::new(outcome);
            let _told = sender
                .send(Message::Pulled {
                    container: name,
                    image: written,
                    outcome,
                })
                .await;
        });
    }

    pub(super) fn pull_ended(&mut self, container: String, image: String, outcome: Result<PresentImage, ImageError>) {
        self.facts.pulling.remove(&container);
        let error = match outcome {
            Ok(present) => {
                self.pulled.insert(container, (image, present));
                return;
            }
            Err(error) => error,
        };
        let Some(pod) = self.node.pods.get(&self.uid) else {
            return;
        };
        let Some((_, wanted)) = pod.find_container(&container) else {
            return;
        };
        let failed = match trouble(error) {
            Trouble::Failed(reason, message) => Trouble::Failed(reason, message),
            // The next look at the engine shows whether it is away.
            Trouble::Engine(error) => Trouble::Failed(FailureReason::ImagePull, error.to_string()),
        };
        if let Err(error) = self.note(&pod, wanted, failed) {
            tracing::warn!(pod = self.uid, %error, "a pull failed");
        }
    }
}

fn trouble(error: ImageError) -> Trouble {
    match error {
        ImageError::Refused { reason, message } => Trouble::Failed(reason, message),
        ImageError::Engine(error) if error.is_unavailable() => Trouble::Engine(error),
        ImageError::Engine(error) => Trouble::Failed(FailureReason::ImagePull, error.to_string()),
    }
}
