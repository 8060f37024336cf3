//! The Docker-compatible Engine API, as Docker and Podman serve it.
//!
//! One call, one connection: an engine that was restarted is reached again by the next call. The API version is
//! negotiated with the first call that gets through.

mod build_steps;
mod builds;
mod containers;
mod create;
mod endpoint;
mod errors;
mod events;
mod images;
mod limits;
mod networks;
mod observe;
mod output;
mod raw;
mod reference;
mod sessions;
mod transfers;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bollard::Docker;
use futures::{Stream, StreamExt, TryStreamExt};
use tokio::sync::OnceCell;

pub use endpoint::{Endpoint, EndpointError};

use crate::{Daemon, DaemonInfo, EngineError, EngineKind, EngineStream};
use errors::classify;

/// Ordinary calls answer within this; creating a container on a busy disk is the slowest of them.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);
/// Whether somebody listens is known much sooner.
const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// Calls that answer when something ends (wait, follow, events, build, pull): their callers decide how long.
const LONG_CALL_TIMEOUT: Duration = Duration::from_secs(7 * 24 * 3600);

/// An engine behind a socket. Cheap to clone.
#[derive(Clone)]
pub struct DockerEngine {
    endpoint: Endpoint,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    client: OnceCell<Docker>,
    kind: OnceCell<EngineKind>,
    /// Whether we can find the processes of build steps.
    sees_steps: OnceCell<bool>,
}

impl DockerEngine {
    /// Nothing is sent until the first call.
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            shared: Arc::new(Shared::default()),
        }
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    async fn client(&self) -> Result<Docker, EngineError> {
        let client = self.shared.client.get_or_try_init(|| self.connect()).await?;
        Ok(client.clone().with_timeout(CALL_TIMEOUT))
    }

    async fn long_client(&self) -> Result<Docker, EngineError> {
        Ok(self.client().await?.with_timeout(LONG_CALL_TIMEOUT))
    }

    async fn connect(&self) -> Result<Docker, EngineError> {
        let client = self.endpoint.open(PING_TIMEOUT).map_err(|error| self.explain(error))?;
        client.negotiate_version().await.map_err(|error| self.explain(error))
    }

    async fn kind(&self) -> Result<EngineKind, EngineError> {
        self.shared
            .kind
            .get_or_try_init(|| async { Ok(self.version().await?.kind) })
            .await
            .copied()
    }

    async fn version(&self) -> Result<Version, EngineError> {
        let answer = self
            .client()
            .await?
            .version()
            .await
            .map_err(|error| self.explain(error))?;
        let components = answer.components.unwrap_or_default();
        let podman = components.iter().any(|component| component.name.contains("Podman"));
        Ok(Version {
            kind: if podman { EngineKind::Podman } else { EngineKind::Docker },
            version: answer.version.unwrap_or_default(),
            api_version: answer.api_version.unwrap_or_default(),
        })
    }

    /// `GET` of a path below the negotiated version, as plain JSON.
    async fn get(&self, path: &str) -> Result<serde_json::Value, EngineError> {
        let version = self.client().await?.client_version();
        let path = format!("/v{}.{}{path}", version.major_version, version.minor_version);
        match tokio::time::timeout(CALL_TIMEOUT, raw::get(&self.endpoint, &path)).await {
            Ok(answer) => answer.map_err(|error| self.name_socket(error)),
            Err(_) => Err(self.name_socket(EngineError::unavailable("no answer in time"))),
        }
    }

    /// An error of the transport names the socket; all others are the engine's own words.
    fn explain(&self, error: bollard::errors::Error) -> EngineError {
        self.name_socket(classify(error))
    }

    fn name_socket(&self, error: EngineError) -> EngineError {
        match error {
            EngineError::Unavailable { message } => EngineError::unavailable(format!(
                "the container engine at {} does not answer: {message}",
                self.endpoint
            )),
            other => other,
        }
    }

    /// A streaming call: the connection is made when the stream is first polled.
    fn stream<T, S, F>(&self, call: F) -> EngineStream<T>
    where
        T: Send + 'static,
        S: Stream<Item = Result<T, bollard::errors::Error>> + Send + 'static,
        F: FnOnce(Docker) -> S + Send + 'static,
    {
        let engine = self.clone();
        let explainer = self.clone();
        futures::stream::once(async move {
            let client = engine.long_client().await?;
            Ok::<_, EngineError>(call(client).map_err(move |error| explainer.explain(error)))
        })
        .try_flatten()
        .boxed()
    }
}

struct Version {
    kind: EngineKind,
    version: String,
    api_version: String,
}

#[async_trait]
impl Daemon for DockerEngine {
    async fn ping(&self) -> Result<(), EngineError> {
        let client = self.client().await?.with_timeout(PING_TIMEOUT);
        client.ping().await.map_err(|error| self.explain(error))?;
        Ok(())
    }

    async fn info(&self) -> Result<DaemonInfo, EngineError> {
        let version = self.version().await?;
        let info = self.client().await?.info().await.map_err(|error| self.explain(error))?;
        Ok(DaemonInfo {
            kind: version.kind,
            version: version.version,
            api_version: version.api_version,
            operating_system: info.operating_system.unwrap_or_default(),
            kernel: info.kernel_version.unwrap_or_default(),
            architecture: normal_architecture(&info.architecture.unwrap_or_default()),
            cpus: info.ncpu.and_then(|count| u32::try_from(count).ok()).unwrap_or(0),
            memory_bytes: info.mem_total.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0),
        })
    }
}

/// Docker says what `uname` says, Podman what Go says; images are named in Go's words.
fn normal_architecture(name: &str) -> String {
    match name {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "armv7l" => "arm",
        "i686" | "i386" => "386",
        other => other,
    }
    .to_owned()
}
