//! The watch on the engine: its events wake workers, and when it comes (back) everybody looks again.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use weir_engine::EngineError;

use crate::labels;
use crate::node::Node;
use crate::pod_watch::find_orphans;
use crate::workers::Workers;

/// Pauses between tries to reach an engine that is away.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Events are asked for from a moment before, so that none falls between two watches; they may repeat.
const OVERLAP: Duration = Duration::from_secs(2);

pub(crate) async fn run(node: Arc<Node>, workers: Workers) {
    // Before all pods are known, every container would look like an orphan.
    node.synced.cancelled().await;
    let (mut pause, mut known) = (FIRST_PAUSE, String::new());
    loop {
        let error = match node.engine.ping().await {
            Ok(()) => {
                (pause, known) = (FIRST_PAUSE, String::new());
                follow(&node, &workers).await
            }
            Err(error) => error,
        };
        let message = error.to_string();
        if message != known {
            tracing::warn!(%error, "the container engine is away");
            known = message;
        }
        // Those that have nothing to do now have to say so.
        workers.wake_all();
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Until the engine goes away.
async fn follow(node: &Arc<Node>, workers: &Workers) -> EngineError {
    let since = node.now().saturating_sub(OVERLAP).unwrap_or(node.now());
    let mut events = node.engine.events(&labels::of_installation(&node.installation), since);
    // Everything that happened unseen.
    workers.wake_all();
    if let Err(error) = find_orphans(node, workers).await {
        return error;
    }
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => {
                if let Some(uid) = event.labels.get(labels::UID) {
                    workers.wake(uid);
                }
            }
            Err(error) => return error,
        }
    }
    EngineError::unavailable("the container engine ended its events")
}
