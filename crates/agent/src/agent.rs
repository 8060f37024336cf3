//! The agent as a whole: watches in, workers out.

use std::sync::{Arc, Mutex};

use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use weir_engine::bridge::BridgeKeeper;

use crate::config::AgentConfig;
use crate::image::{Images, RegistryNames};
use crate::node::Node;
use crate::pods::PodTable;
use crate::probes::{HttpProber, Prober};
use crate::recorder::{Writer, recorder};
use crate::volumes::PodDirectories;
use crate::workers::Workers;
use crate::{address, engine_watch, node_object, pod_watch, scheduler, service};

/// Runs the pods of one node.
pub struct Agent {
    node: Arc<Node>,
    workers: Workers,
    writer: Mutex<Option<Writer>>,
}

#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    #[error("cannot prepare HTTP probes: {0}")]
    Http(#[from] reqwest::Error),
}

impl Agent {
    /// Must be called inside a tokio runtime. Nothing starts before [`Agent::run`].
    pub fn new(config: AgentConfig) -> Result<Self, AgentError> {
        let (recorder, writer) = recorder(config.client.clone(), config.node_name.clone(), config.clock.clone());
        let names = RegistryNames {
            shown: config.registry_name,
            address: config.registry_address,
        };
        let prober = Prober {
            engine: Arc::clone(&config.engine),
            http: HttpProber::new()?,
            recorder: recorder.clone(),
            clock: config.clock.clone(),
        };
        let node = Arc::new(Node {
            name: config.node_name,
            host_ip: address::of_this_machine().to_string(),
            installation: config.installation,
            images: Images::new(Arc::clone(&config.engine), config.client.clone(), names),
            client: config.client,
            engine: config.engine,
            clock: config.clock,
            pods: PodTable::default(),
            directories: PodDirectories::new(&config.data_dir),
            recorder,
            prober,
            shutdown: CancellationToken::new(),
            synced: CancellationToken::new(),
            scheme: OnceCell::new(),
            network: OnceCell::new(),
            bridges: BridgeKeeper::default(),
            told: Mutex::default(),
        });
        Ok(Self {
            workers: Workers::new(Arc::clone(&node)),
            node,
            writer: Mutex::new(Some(writer)),
        })
    }

    /// What the API server asks a node: logs, exec, attach.
    pub fn router(&self) -> axum::Router {
        service::router(Arc::clone(&self.node))
    }

    /// Runs until `shutdown`. Containers go on running and are adopted by the next agent of this installation.
    pub async fn run(&self, shutdown: CancellationToken) {
        let tasks = TaskTracker::new();
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        if let Some(writer) = writer {
            tasks.spawn(writer.run(shutdown.clone()));
        }
        let stop = self.node.shutdown.clone();
        for task in [
            tasks.spawn(stopping(
                &stop,
                pod_watch::run(Arc::clone(&self.node), self.workers.clone()),
            )),
            tasks.spawn(stopping(
                &stop,
                engine_watch::run(Arc::clone(&self.node), self.workers.clone()),
            )),
            tasks.spawn(stopping(&stop, node_object::run(Arc::clone(&self.node)))),
            tasks.spawn(stopping(&stop, scheduler::run(Arc::clone(&self.node)))),
        ] {
            // They end by themselves; the tracker waits for them.
            drop(task);
        }
        shutdown.cancelled().await;
        stop.cancel();
        tasks.close();
        tasks.wait().await;
        self.workers.finish().await;
    }
}

fn stopping(
    stop: &CancellationToken,
    work: impl Future<Output = ()> + Send + 'static,
) -> impl Future<Output = ()> + Send + 'static {
    let stop = stop.clone();
    async move {
        stop.run_until_cancelled(work).await;
    }
}
