//! `podman system service` as our child, with directories and settings of its own, so that it neither sees nor
//! disturbs the machine's other containers.
//!
//! We listen on the socket and hand it over, so the socket is there before the child is and stays when it dies:
//! whoever calls meanwhile waits instead of failing. Containers belong to their monitors and go on running when the
//! service ends.

mod cleanup;
mod directories;
mod leftovers;
mod network;
mod runtime;
mod settings;
mod supervise;

use std::path::{Path, PathBuf};

use crate::EngineError;
use directories::Directories;
use supervise::Supervisor;

pub use cleanup::{CleanupError, remove_everything};
pub use network::network_name;

/// The service. Dropping it stops the child.
pub struct PodmanService {
    directories: Directories,
    supervisor: Supervisor,
}

#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("podman needs a container runtime: install runc (apt-get install runc) or crun")]
    NoRuntime,
    #[error("the command podman is not in PATH: install it (apt-get install podman)")]
    NoPodman,
    #[error("cannot prepare {} for podman: {source}", path.display())]
    Directory { path: PathBuf, source: std::io::Error },
    #[error("cannot start `podman system service`: {0}")]
    Spawn(std::io::Error),
    #[error("`podman system service` does not answer ({source}). It printed: {printed}")]
    Silent { source: EngineError, printed: String },
}

/// The `podman` command, if there is one.
pub fn command() -> Option<PathBuf> {
    runtime::in_path("podman")
}

/// Where the service of a data directory listens.
pub fn socket(data_dir: &Path) -> PathBuf {
    Directories::of(data_dir).socket
}

impl PodmanService {
    /// Writes the settings and starts the service. It can be called at once: calls wait until it listens.
    pub fn start(data_dir: &Path, plain_http_registries: &[String]) -> Result<Self, ServiceError> {
        let podman = command().ok_or(ServiceError::NoPodman)?;
        let runtime = runtime::choose().ok_or(ServiceError::NoRuntime)?;
        let directories = Directories::prepare(data_dir)?;
        settings::write(&directories, &runtime, plain_http_registries)?;
        network::write(&directories, data_dir)?;
        let supervisor = Supervisor::start(&podman, &directories)?;
        Ok(Self {
            directories,
            supervisor,
        })
    }

    pub fn socket(&self) -> &Path {
        &self.directories.socket
    }

    /// Where its images and containers are.
    pub fn directory(&self) -> &Path {
        &self.directories.root
    }

    /// Process id of the child, while there is one.
    pub fn pid(&self) -> Option<u32> {
        self.supervisor.pid()
    }

    /// Ends the child, by force when it does not go soon. Containers go on running.
    pub fn stop(&self) {
        self.supervisor.stop();
    }

    pub(super) fn explain(&self, source: EngineError) -> ServiceError {
        ServiceError::Silent {
            source,
            printed: self.supervisor.last_words(),
        }
    }
}
