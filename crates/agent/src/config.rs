use std::path::PathBuf;
use std::sync::Arc;

use weir_engine::Engine;

use crate::clock::Clock;

/// What an agent is made of.
#[derive(Clone)]
pub struct AgentConfig {
    /// Name of the node; pods whose `spec.nodeName` is this are ours.
    pub node_name: String,
    /// Pods' files are below `DATA/pods`.
    pub data_dir: PathBuf,
    /// Speaks as the agent.
    pub client: kube::Client,
    /// An engine that is not there (yet) answers `Unavailable` with the reason, and pods show it.
    pub engine: Arc<dyn Engine>,
    /// Marks our containers on the engine, and names their network: different for every installation on one engine.
    pub installation: String,
    /// The integrated registry's name in objects, as in `docker-registry.default.svc:5000`.
    pub registry_name: String,
    /// Where it listens, as in `127.0.0.1:5000`.
    pub registry_address: String,
    pub clock: Clock,
}
