use std::sync::Arc;

use weir_oci::Platform;
use weir_registry_client::RegistryClient;

use crate::NodeConnector;
use crate::auth::{Authenticator, Authorizer};
use crate::image::ImageConfig;

/// Where resources take the present moment from.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// What the resources need of the machine they run on. Cheap to clone.
#[derive(Clone)]
pub struct Config {
    /// Host and port of the integrated registry as objects show it, for example
    /// [`weir_api::names::DEFAULT_REGISTRY_HOST`].
    pub registry_host: String,
    /// The same as seen from outside the machine, where there is such a name.
    pub public_registry_host: Option<String>,
    /// Reads other registries, for imports.
    pub registries: Arc<dyn RegistryClient>,
    /// What the machine runs: of several platforms of one image an import chooses this one.
    pub platform: Platform,
    /// Reaches the kubelet-like service of a node by the node's name; logs, exec and attach go there.
    pub nodes: Arc<dyn NodeConnector>,
    /// The present moment.
    pub clock: Clock,
    /// The authenticator that guards the server; `serviceaccounts/token` signs with its key and `tokenreviews` asks it.
    pub authenticator: Arc<Authenticator>,
    /// The authorizer that guards the server; it must follow [`crate::FOLLOWED`].
    pub authorizer: Arc<Authorizer>,
}

impl Config {
    pub(crate) fn images(&self) -> ImageConfig {
        ImageConfig {
            registry_host: self.registry_host.clone(),
            public_registry_host: self.public_registry_host.clone(),
            registries: self.registries.clone(),
            platform: self.platform.clone(),
            clock: self.clock.clone(),
        }
    }
}
