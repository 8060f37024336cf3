use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use weir_oci::Digest;

use crate::build::{Kit, Outputs};
use crate::config::{BuilderConfig, MAX_CONCURRENCY};
use crate::kubelet::Kubelet;
use crate::log::{LogRoute, LogStore, router};
use crate::registry_access::RegistryNames;
use crate::upload::{self, Desk};
use crate::workbench::{Workbench, WorkbenchError};

/// The builder, ready to run.
pub struct Builder {
    kit: Arc<Kit>,
    logs: LogStore,
    desk: Desk,
    bench: Workbench,
    concurrency: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum BuilderError {
    #[error("cannot use the directory {path} for builds: {source}")]
    Directory { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Workbench(#[from] WorkbenchError),
    #[error("between 1 and {MAX_CONCURRENCY} builds can run at the same time, not {0}")]
    Concurrency(usize),
}

impl Builder {
    /// Opens the directories and removes what interrupted builds have left in them.
    pub fn new(config: BuilderConfig) -> Result<Self, BuilderError> {
        if !(1..=MAX_CONCURRENCY).contains(&config.concurrency) {
            return Err(BuilderError::Concurrency(config.concurrency));
        }
        let clock: Arc<dyn Fn() -> Timestamp + Send + Sync> = Arc::new(Timestamp::now);
        let path = config.data_dir.join("builds").join("logs");
        let logs = LogStore::open(&path, clock.clone()).map_err(|source| BuilderError::Directory { path, source })?;
        let instance = instance(&config.data_dir);
        let work_dir = config
            .work_dir
            .unwrap_or_else(|| default_work_dir(&config.data_dir, &instance));
        let bench = Workbench::open(&work_dir, config.concurrency)?;
        let kit = Kit {
            client: config.client,
            engine: config.engine,
            names: RegistryNames {
                shown: config.registry_host,
                address: config.registry_address,
            },
            child: config.child,
            local_repositories: config.local_repositories,
            instance,
            outputs: Outputs::default(),
            clock,
        };
        Ok(Self {
            kit: Arc::new(kit),
            logs,
            desk: Desk::default(),
            bench,
            concurrency: config.concurrency,
        })
    }

    /// `GET /containerLogs/{namespace}/{pod}/{container}` of the builder's node, and
    /// `POST /upload/{namespace}/{pod}/{container}?uid=UID` for the source of a binary build.
    pub fn router(&self) -> Router {
        let logs = router(LogRoute {
            logs: self.logs.clone(),
            client: self.kit.client.clone(),
        });
        logs.merge(upload::router(self.desk.clone()))
    }

    /// Carries build pods to their end until shutdown.
    pub async fn run(self, shutdown: CancellationToken) {
        Kubelet::new(self.kit, self.bench, self.logs, self.desk, self.concurrency)
            .run(shutdown)
            .await;
    }

    /// Directories outside the data directory that a builder for it makes; for whoever removes everything.
    pub fn directories_elsewhere(data_dir: &Path) -> Vec<PathBuf> {
        let path = default_work_dir(data_dir, &instance(data_dir));
        if path.starts_with(data_dir) {
            Vec::new()
        } else {
            vec![path]
        }
    }
}

/// Tells this builder from others on the same machine.
fn instance(data_dir: &Path) -> String {
    let path = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    Digest::sha256_of(path.as_os_str().as_encoded_bytes()).hex()[..8].to_owned()
}

fn default_work_dir(data_dir: &Path, instance: &str) -> PathBuf {
    if rustix::process::geteuid().is_root() {
        let shared = Path::new("/var/tmp");
        let base = if shared.is_dir() {
            shared.to_owned()
        } else {
            std::env::temp_dir()
        };
        return base.join(format!("weir-builds-{instance}"));
    }
    data_dir.join("builds").join("work")
}
