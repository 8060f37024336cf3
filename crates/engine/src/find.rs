//! Finding the engine: `--engine`, `DOCKER_HOST`, the usual sockets of Podman and Docker, and at last the `podman`
//! command, whose service then runs as our child.

pub mod podman;
mod sockets;

use std::path::PathBuf;
use std::sync::Arc;

use crate::docker::EndpointError;
use crate::{Daemon, DaemonInfo, DockerEngine, Endpoint, Engine, EngineError};
use podman::{PodmanService, ServiceError};

/// What is known before the search.
#[derive(Clone, Debug, Default)]
pub struct FindOptions {
    /// `--engine`: an endpoint, `podman` (our own service, whatever else there is) or `none`.
    pub engine: Option<String>,
    /// The environment's `DOCKER_HOST`.
    pub docker_host: Option<String>,
    /// Where our own service keeps its images, containers and settings.
    pub data_dir: PathBuf,
    /// `host:port` of registries that speak plain HTTP; our own service is told.
    pub plain_http_registries: Vec<String>,
}

/// An engine that answered.
pub struct FoundEngine {
    pub engine: Arc<dyn Engine>,
    pub endpoint: Endpoint,
    pub info: DaemonInfo,
    /// Where and how it was found, as one line for the user.
    pub origin: String,
    /// The network to put pods on.
    pub pod_network: String,
    /// Set when the engine is our own child. Stopping it leaves containers running.
    pub service: Option<PodmanService>,
}

#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    #[error("{origin} names {endpoint}, but {source}; start that engine or name another one with --engine")]
    Unreachable {
        origin: &'static str,
        endpoint: Endpoint,
        source: EngineError,
    },
    #[error("containers are switched off by --engine none; give --engine another value to run them")]
    SwitchedOff,
    #[error(
        "no container engine was found. Looked for: {}. Install one (apt-get install podman, or docker.io) or name one \
         with --engine or DOCKER_HOST",
        looked_for.join("; ")
    )]
    NotFound { looked_for: Vec<String> },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Finds an engine that answers now.
///
/// # Errors
/// Says what was looked for and what to do. An engine that was named and does not answer is an error: another one is
/// not taken in its place.
pub async fn find(options: &FindOptions) -> Result<FoundEngine, FindError> {
    match options.engine.as_deref().filter(|value| !value.is_empty()) {
        Some("none") => return Err(FindError::SwitchedOff),
        Some("podman") => return own_service(options).await,
        Some(endpoint) => return named("--engine", endpoint.parse()?, options).await,
        None => {}
    }
    if let Some(host) = options.docker_host.as_deref().filter(|value| !value.is_empty()) {
        return named("DOCKER_HOST", host.parse()?, options).await;
    }
    let mut looked_for = vec!["--engine (not given)".to_owned(), "DOCKER_HOST (not set)".to_owned()];
    for socket in sockets::usual() {
        let engine = DockerEngine::new(Endpoint::Unix(socket.path.clone()));
        match sockets::state(&socket.path) {
            sockets::State::Missing => looked_for.push(format!("{} {} (not there)", socket.of, socket.path.display())),
            sockets::State::Present => match engine.info().await {
                Ok(info) => return Ok(external(engine, info, socket.of.to_owned(), options)),
                Err(error) => looked_for.push(format!("{} {} ({error})", socket.of, socket.path.display())),
            },
        }
    }
    if podman::command().is_none() {
        looked_for.push("the command podman (not in PATH)".to_owned());
        return Err(FindError::NotFound { looked_for });
    }
    own_service(options).await
}

async fn named(origin: &'static str, endpoint: Endpoint, options: &FindOptions) -> Result<FoundEngine, FindError> {
    let engine = DockerEngine::new(endpoint.clone());
    match engine.info().await {
        Ok(info) => Ok(external(engine, info, origin.to_owned(), options)),
        Err(source) => Err(FindError::Unreachable {
            origin,
            endpoint,
            source,
        }),
    }
}

fn external(engine: DockerEngine, info: DaemonInfo, origin: String, options: &FindOptions) -> FoundEngine {
    let origin = format!("{} {} at {} ({origin})", info.kind, info.version, engine.endpoint());
    let pod_network = podman::network_name(&options.data_dir);
    FoundEngine {
        endpoint: engine.endpoint().clone(),
        engine: Arc::new(engine),
        info,
        origin,
        pod_network,
        service: None,
    }
}

async fn own_service(options: &FindOptions) -> Result<FoundEngine, FindError> {
    let service = PodmanService::start(&options.data_dir, &options.plain_http_registries)?;
    let engine = DockerEngine::new(Endpoint::Unix(service.socket().to_owned()));
    let info = engine.info().await.map_err(|source| service.explain(source))?;
    Ok(FoundEngine {
        endpoint: engine.endpoint().clone(),
        engine: Arc::new(engine),
        origin: format!(
            "{} {} as our own child, in {}",
            info.kind,
            info.version,
            service.directory().display()
        ),
        info,
        pod_network: podman::network_name(&options.data_dir),
        service: Some(service),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_named_engine_that_is_away_is_not_replaced_by_another() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("no.sock");
        let options = FindOptions {
            engine: Some(missing.display().to_string()),
            ..FindOptions::default()
        };
        let error = find(&options).await.err().unwrap();
        assert!(matches!(error, FindError::Unreachable { origin: "--engine", .. }));
        assert!(error.to_string().contains("no.sock"), "{error}");
    }

    #[tokio::test]
    async fn none_switches_containers_off() {
        let options = FindOptions {
            engine: Some("none".to_owned()),
            ..FindOptions::default()
        };
        assert!(matches!(find(&options).await, Err(FindError::SwitchedOff)));
    }

    #[tokio::test]
    async fn nonsense_is_refused() {
        let options = FindOptions {
            docker_host: Some("ssh://somewhere".to_owned()),
            ..FindOptions::default()
        };
        assert!(matches!(find(&options).await, Err(FindError::Endpoint(_))));
    }
}
