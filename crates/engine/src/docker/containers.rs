use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use async_trait::async_trait;
use bollard::errors::Error;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, KillContainerOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder,
    StartContainerOptions, StopContainerOptionsBuilder, WaitContainerOptionsBuilder,
};
use futures::StreamExt;

use super::{CALL_TIMEOUT, DockerEngine, create, observe, output, raw};
use crate::{Container, ContainerSpec, Containers, EngineError, EngineKind, EngineStream, LogOptions, OutputChunk};

#[async_trait]
impl Containers for DockerEngine {
    async fn create(&self, spec: &ContainerSpec) -> Result<String, EngineError> {
        let body = create::body(spec, self.kind().await?);
        let options = CreateContainerOptionsBuilder::default().name(&spec.name).build();
        let client = self.client().await?;
        let made = client
            .create_container(Some(options), body)
            .await
            .map_err(|error| self.explain(error))?;
        Ok(made.id)
    }

    async fn start(&self, container: &str) -> Result<(), EngineError> {
        let client = self.client().await?;
        client
            .start_container(container, None::<StartContainerOptions>)
            .await
            .map_err(|error| self.explain(error))
    }

    async fn stop(&self, container: &str, grace: Duration) -> Result<(), EngineError> {
        let seconds = grace.as_secs() + u64::from(grace.subsec_nanos() > 0);
        let options = StopContainerOptionsBuilder::default()
            .t(i32::try_from(seconds).unwrap_or(i32::MAX))
            .build();
        let client = self.client().await?.with_timeout(grace.saturating_add(CALL_TIMEOUT));
        client
            .stop_container(container, Some(options))
            .await
            .map_err(|error| self.explain(error))
    }

    async fn kill(&self, container: &str) -> Result<(), EngineError> {
        let options = KillContainerOptionsBuilder::default().signal("SIGKILL").build();
        self.client()
            .await?
            .kill_container(container, Some(options))
            .await
            .map_err(|error| self.explain(error))
    }

    async fn remove(&self, container: &str, force: bool) -> Result<(), EngineError> {
        if force && self.kind().await? == EngineKind::Podman {
            self.end(container).await?;
        }
        let options = RemoveContainerOptionsBuilder::default().force(force).v(true).build();
        let client = self.client().await?;
        client
            .remove_container(container, Some(options))
            .await
            .map_err(|error| self.explain(error))
    }

    async fn inspect(&self, container: &str) -> Result<Container, EngineError> {
        let answer = self
            .get(&format!("/containers/{}/json", raw::segment(container)))
            .await?;
        observe::container(answer)
    }

    async fn list(&self, labels: &BTreeMap<String, String>) -> Result<Vec<Container>, EngineError> {
        let filters = serde_json::json!(label_filter(labels)).to_string();
        let answer = self
            .get(&format!("/containers/json?all=true&filters={}", raw::segment(&filters)))
            .await?;
        observe::containers(answer)
    }

    fn logs(&self, container: &str, options: LogOptions) -> EngineStream<OutputChunk> {
        let tail = options.tail.map_or("all".to_owned(), |lines| lines.to_string());
        let since = options
            .since
            .map_or(0, |time| i32::try_from(time.as_second()).unwrap_or(i32::MAX));
        let query = LogsOptionsBuilder::default()
            .follow(options.follow)
            .stdout(true)
            .stderr(true)
            .timestamps(options.timestamps)
            .tail(&tail)
            .since(since)
            .build();
        let container = container.to_owned();
        let chunks = self.stream(move |client| client.logs(&container, Some(query)));
        output::log_chunks(chunks, options.timestamps)
    }

    async fn wait(&self, container: &str) -> Result<i64, EngineError> {
        let options = WaitContainerOptionsBuilder::default().condition("not-running").build();
        let mut answers = self
            .long_client()
            .await?
            .wait_container(container, Some(options))
            .boxed();
        match answers.next().await {
            Some(Ok(answer)) => Ok(answer.status_code),
            // The client library takes a failed process for a failed call.
            Some(Err(Error::DockerContainerWaitError { code, .. })) => Ok(code),
            Some(Err(error)) => Err(self.explain(error)),
            None => Err(EngineError::unavailable(format!(
                "the container engine at {} broke off while waiting for {container}",
                self.endpoint()
            ))),
        }
    }
}

impl DockerEngine {
    /// Podman forgets a container that is removed while somebody else stops it, and leaves its process running. So the
    /// process goes first.
    async fn end(&self, container: &str) -> Result<(), EngineError> {
        match self.kill(container).await {
            Ok(()) => {}
            // Nothing runs: that is what was wanted.
            Err(EngineError::Conflict { .. } | EngineError::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
        match tokio::time::timeout(KILL_TIMEOUT, self.wait(container)).await {
            Ok(Ok(_)) | Err(_) => Ok(()),
            Ok(Err(error)) if error.is_not_found() => Ok(()),
            Ok(Err(error)) => Err(error),
        }
    }
}

/// A killed process is gone in a moment, unless the kernel holds it; then the removal says so.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) fn label_filter(labels: &BTreeMap<String, String>) -> HashMap<String, Vec<String>> {
    if labels.is_empty() {
        return HashMap::new();
    }
    HashMap::from([(
        "label".to_owned(),
        labels.iter().map(|(name, value)| format!("{name}={value}")).collect(),
    )])
}
