use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use crate::Registry;

/// How often forgotten uploads are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

impl Registry {
    /// Looks after the blob store until `shutdown`: uploads that nobody continues are removed.
    pub async fn maintain(&self, shutdown: CancellationToken) {
        let mut rounds = tokio::time::interval(SWEEP_EVERY);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = rounds.tick() => {}
            }
            match self.blobs().sweep(SystemTime::now()).await {
                Ok(0) => {}
                Ok(removed) => tracing::info!(removed, "swept the registry's leftovers"),
                Err(error) => tracing::error!(%error, "sweeping the registry failed; it is tried again in an hour"),
            }
        }
    }
}
