use std::path::PathBuf;
use std::sync::Arc;

use weir_engine::Engine;

use crate::child::ChildProgram;

/// Builds that run at the same time, unless told otherwise: each is a compiler or a package manager at full speed.
pub const DEFAULT_CONCURRENCY: usize = 2;
/// More than this is refused; every build has a user of its own.
pub const MAX_CONCURRENCY: usize = 64;

/// What a builder is made of.
#[derive(Clone)]
pub struct BuilderConfig {
    /// Logs of builds and records of pushes are kept in `builds` in here.
    pub data_dir: PathBuf,
    /// Where sources are laid out while they are built. `None`: a directory below `/var/tmp` when the builder is root,
    /// since the unprivileged child must be able to reach it, else one in `data_dir`.
    pub work_dir: Option<PathBuf>,
    /// The API, as a user who may see pods, write their status, tell builds and request tokens.
    pub client: kube::Client,
    pub engine: Arc<dyn Engine>,
    /// `host:port` of the internal registry in objects.
    pub registry_host: String,
    /// `host:port` at which it answers here.
    pub registry_address: String,
    /// Which program is the unprivileged child.
    pub child: ChildProgram,
    pub concurrency: usize,
    /// Whether repositories may be paths of this machine. The child reads them as a user without rights.
    pub local_repositories: bool,
}

impl BuilderConfig {
    /// A builder with the usual settings.
    pub fn new(
        data_dir: impl Into<PathBuf>,
        client: kube::Client,
        engine: Arc<dyn Engine>,
        registry_address: impl Into<String>,
    ) -> Self {
        Self {
            data_dir: data_dir.into(),
            work_dir: None,
            client,
            engine,
            registry_host: weir_api::names::DEFAULT_REGISTRY_HOST.to_owned(),
            registry_address: registry_address.into(),
            child: ChildProgram::ThisBinary,
            concurrency: DEFAULT_CONCURRENCY,
            local_repositories: true,
        }
    }
}
