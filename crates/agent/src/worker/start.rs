use std::sync::Arc;

use k8s_openapi::api::core::v1::{Container, Pod};
use weir_engine::{ContainerSpec, EngineError, NetworkMode};

use super::Worker;
use crate::container::environment::{self, Whereabouts};
use crate::container::{self, Attempt, Surroundings};
use crate::facts::{Failure, FailureReason};
use crate::image::PresentImage;
use crate::instance::Observed;
use crate::pod_view::PodView;
use crate::recorder::Severity;
use crate::sources;
use crate::volumes::VolumeError;

/// Why a container did not start: something to tell and to try again, or an engine that is away.
pub(super) enum Trouble {
    Failed(FailureReason, String),
    Engine(EngineError),
}

enum Started {
    Yes,
    /// When its image is there.
    Later,
}

impl Worker {
    pub(super) async fn start(
        &mut self,
        pod: &Arc<Pod>,
        name: &str,
        attempt: Attempt,
        observed: &Observed,
    ) -> Result<(), EngineError> {
        let Some((_, container)) = pod.find_container(name) else {
            return Ok(());
        };
        match self.try_start(pod, container, attempt, observed).await {
            Ok(Started::Yes) => {
                self.facts.failures.remove(name);
                Ok(())
            }
            Ok(Started::Later) => Ok(()),
            Err(trouble) => self.note(pod, container, trouble),
        }
    }

    async fn try_start(
        &mut self,
        pod: &Arc<Pod>,
        container: &Container,
        attempt: Attempt,
        observed: &Observed,
    ) -> Result<Started, Trouble> {
        let Some(image) = self.image(pod, container).await? else {
            return Ok(Started::Later);
        };
        let spec = self.spec(pod, container, attempt, &image, observed).await?;
        let id = self.create(&spec).await?;
        let name = &container.name;
        tracing::info!(pod = pod.metadata.name, container = name, "container created");
        self.node.event(
            pod,
            Some(name),
            Severity::Normal,
            "Created",
            format!("Created container {name}"),
        );
        match self.node.engine.start(&id).await {
            Ok(()) => {
                self.node.hold_bridge().await;
                tracing::info!(pod = pod.metadata.name, container = name, "container started");
                self.node.event(
                    pod,
                    Some(name),
                    Severity::Normal,
                    "Started",
                    format!("Started container {name}"),
                );
                self.post_start(pod, container, &id, observed).await?;
                self.made.push(id);
                Ok(Started::Yes)
            }
            Err(error) if error.is_unavailable() => Err(Trouble::Engine(error)),
            Err(error) => {
                if let Err(error) = self.node.engine.remove(&id, true).await {
                    tracing::warn!(container = id, %error, "cannot remove a container that did not start");
                }
                Err(Trouble::Failed(FailureReason::RunContainer, error.to_string()))
            }
        }
    }

    async fn spec(
        &mut self,
        pod: &Arc<Pod>,
        container: &Container,
        attempt: Attempt,
        image: &PresentImage,
        observed: &Observed,
    ) -> Result<ContainerSpec, Trouble> {
        let config = |error: container::ConfigError| Trouble::Failed(FailureReason::CreateContainerConfig, error.0);
        let sources = sources::fetch(&self.node.client, pod, container)
            .await
            .map_err(|error| {
                Trouble::Failed(
                    FailureReason::CreateContainerConfig,
                    format!("cannot read what the container needs: {error}"),
                )
            })?;
        let network = self.network(observed).await.map_err(Trouble::Engine)?;
        let infra_address = observed
            .infra()
            .and_then(|infra| infra.address)
            .map(|ip| ip.to_string());
        let whereabouts = Whereabouts {
            host_ip: self.node.host_ip.clone(),
            pod_ip: infra_address.unwrap_or_default(),
        };
        let environment = environment::environment(pod, container, &sources, &whereabouts).map_err(config)?;
        let (directories, for_volumes) = (self.node.directories.clone(), Arc::clone(pod));
        let prepared = tokio::task::spawn_blocking(move || directories.prepare(&for_volumes, &sources)).await;
        match prepared {
            Ok(Ok(())) => {}
            Ok(Err(VolumeError::Config(error))) => return Err(config(error)),
            Ok(Err(error)) => return Err(Trouble::Failed(FailureReason::CreateContainer, error.to_string())),
            Err(error) => return Err(Trouble::Failed(FailureReason::CreateContainer, error.to_string())),
        }
        let (mounts, tmpfs) = self.node.directories.mounts(pod, container).map_err(config)?;
        let with = Surroundings {
            installation: &self.node.installation,
            image: &image.id,
            image_id: &image.image_id,
            image_config: &image.config,
            environment,
            mounts,
            tmpfs,
            network,
        };
        container::spec(pod, container, attempt, with).map_err(config)
    }

    async fn network(&self, observed: &Observed) -> Result<NetworkMode, EngineError> {
        if let Some(infra) = observed.infra().filter(|infra| infra.is_running()) {
            return Ok(NetworkMode::Container(infra.id.clone()));
        }
        self.node.ensure_network().await?;
        Ok(NetworkMode::Named(self.node.installation.clone()))
    }

    /// Makes the container. A leftover of the same name never ran, or its attempt would be known.
    pub(super) async fn create(&self, spec: &ContainerSpec) -> Result<String, Trouble> {
        let engine = &self.node.engine;
        let made = match engine.create(spec).await {
            Err(error) if error.is_conflict() => {
                engine.remove(&spec.name, true).await.map_err(Trouble::Engine)?;
                engine.create(spec).await
            }
            // What is missing may be the network: it was there when we last looked.
            Err(error) if error.is_not_found() => {
                self.node.make_network().await.map_err(Trouble::Engine).map(drop)?;
                engine.create(spec).await
            }
            made => made,
        };
        made.map_err(|error| {
            if error.is_unavailable() {
                return Trouble::Engine(error);
            }
            Trouble::Failed(FailureReason::CreateContainer, error.to_string())
        })
    }

    /// Remembers a failure and tells of it.
    pub(super) fn note(&mut self, pod: &Arc<Pod>, container: &Container, trouble: Trouble) -> Result<(), EngineError> {
        let (reason, message) = match trouble {
            Trouble::Engine(error) if error.is_unavailable() => return Err(error),
            Trouble::Engine(error) => (FailureReason::CreateContainer, error.to_string()),
            Trouble::Failed(reason, message) => (reason, message),
        };
        let image = container.image.clone().unwrap_or_default();
        let before = self
            .facts
            .failures
            .get(&container.name)
            .filter(|failure| failure.image == image);
        let count = before.map_or(1, |failure| failure.count.saturating_add(1));
        let text = match reason {
            FailureReason::ImagePull => format!("Failed to pull image \"{image}\": {message}"),
            _ => format!("Error: {}: {message}", reason.as_str()),
        };
        self.node
            .event(pod, Some(&container.name), Severity::Warning, "Failed", text);
        let failure = Failure {
            reason,
            message,
            count,
            at: self.node.now(),
            image,
        };
        let pause = failure.next_try().duration_since(failure.at).as_secs();
        if count > 1 {
            let what = if reason == FailureReason::ImagePull {
                "pulling image"
            } else {
                "starting container"
            };
            let message = format!("Back-off {what}: next try in {pause}s");
            self.node
                .event(pod, Some(&container.name), Severity::Warning, "BackOff", message);
        }
        self.facts.failures.insert(container.name.clone(), failure);
        Ok(())
    }
}
