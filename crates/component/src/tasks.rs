use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The long-running tasks of a process. A task that ends by itself while the process is meant to run stops the whole
/// process: a part that silently died would be worse.
#[derive(Clone)]
pub struct Tasks {
    shutdown: CancellationToken,
    tracker: TaskTracker,
}

impl Tasks {
    pub fn new(shutdown: CancellationToken) -> Self {
        Self {
            shutdown,
            tracker: TaskTracker::new(),
        }
    }

    pub fn shutdown(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    /// Runs `task` until it ends or panics; either asks everything else to stop too.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let shutdown = self.shutdown.clone();
        self.tracker.spawn(async move {
            let ended = tokio::spawn(task).await;
            if !shutdown.is_cancelled() {
                match ended {
                    Ok(()) => tracing::error!(task = name, "ended although nobody asked it to; stopping"),
                    Err(error) => tracing::error!(task = name, %error, "failed; stopping"),
                }
                shutdown.cancel();
            }
        });
    }

    /// Waits until all tasks have ended, at most `limit`. `false` when some had not.
    pub async fn finished(&self, limit: Duration) -> bool {
        self.tracker.close();
        tokio::time::timeout(limit, self.tracker.wait()).await.is_ok()
    }
}
