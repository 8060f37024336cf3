//! What all workers of a node share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use weir_engine::bridge::{BridgeError, BridgeKeeper, Held};
use weir_engine::{Engine, EngineError, EngineKind, Network, NetworkSpec};

use crate::clock::Clock;
use crate::image::Images;
use crate::labels;
use crate::pods::PodTable;
use crate::probes::Prober;
use crate::recorder::{Recorder, Severity};
use crate::status::Machine;
use crate::volumes::PodDirectories;

pub(crate) struct Node {
    pub name: String,
    pub host_ip: String,
    /// Marks our containers on the engine; also the name of the pods' network.
    pub installation: String,
    pub client: kube::Client,
    pub engine: Arc<dyn Engine>,
    pub clock: Clock,
    pub pods: PodTable,
    pub images: Images,
    pub directories: PodDirectories,
    pub recorder: Recorder,
    pub prober: Prober,
    /// Ends workers; containers go on.
    pub shutdown: CancellationToken,
    /// Cancelled when all pods are known for the first time.
    pub synced: CancellationToken,
    pub scheme: OnceCell<&'static str>,
    pub network: OnceCell<Network>,
    pub bridges: BridgeKeeper,
    /// Pods that have been told about an obstacle, so that they are told once.
    pub told: Mutex<HashMap<String, String>>,
}

impl Node {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn event(&self, pod: &Pod, container: Option<&str>, severity: Severity, reason: &'static str, message: String) {
        self.recorder.record(pod, container, severity, reason, message);
    }

    pub async fn machine(&self) -> Machine {
        Machine {
            host_ip: self.host_ip.clone(),
            engine_scheme: self.scheme().await,
        }
    }

    /// In front of container ids. An engine that has not answered yet has no containers either.
    async fn scheme(&self) -> &'static str {
        let ask = || async {
            Ok::<_, EngineError>(match self.engine.info().await?.kind {
                EngineKind::Docker => "docker",
                EngineKind::Podman => "podman",
            })
        };
        self.scheme.get_or_try_init(ask).await.copied().unwrap_or("podman")
    }

    /// The pods' network; made when it is needed for the first time.
    pub async fn ensure_network(&self) -> Result<(), EngineError> {
        self.network.get_or_try_init(|| self.make_network()).await.map(drop)
    }

    /// The same for a network that somebody may have removed.
    pub async fn make_network(&self) -> Result<Network, EngineError> {
        let labels = labels::of_installation(&self.installation);
        let spec = NetworkSpec {
            name: self.installation.clone(),
            labels,
            subnet: None,
        };
        self.engine.ensure_network(&spec).await
    }

    /// Keeps requests to other pods alive while containers come and go: see [`weir_engine::bridge`]. To be called when
    /// a container has started, because engines make the bridge with the first one.
    pub async fn hold_bridge(&self) {
        let Some(gateway) = self.network.get().and_then(|network| network.gateway) else {
            return;
        };
        match self.bridges.hold(gateway).await {
            Ok(Held::Already) => {}
            Ok(Held::Now) => tracing::debug!(%gateway, "the pods' bridge keeps its hardware address from now on"),
            Ok(Held::NotHere) => tracing::debug!(%gateway, "the pods' bridge is not on this machine"),
            Err(error) => self.tell_of_bridge(&error),
        }
    }

    /// Once: pods work all the same, most of the time.
    fn tell_of_bridge(&self, error: &BridgeError) {
        if self.is_news("bridge", "cannot be held") {
            tracing::warn!(
                %error,
                "requests to pods may hang for seconds when other containers start or end; \
                 run as root, or update the engine's network plugin (netavark 1.9 or newer)"
            );
        }
    }

    /// Whether a pod, or whatever else has this name, has not been told this yet.
    pub fn is_news(&self, uid: &str, message: &str) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(uid.to_owned(), message.to_owned()).as_deref() != Some(message)
    }

    pub fn forget(&self, uid: &str) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }
}
