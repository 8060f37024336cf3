//! The shape of every loop: which changes wake which keys, and one pass over one key.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::stream::{FuturesUnordered, StreamExt};

use crate::error::ReconcileError;
use crate::metrics::Metrics;
use crate::queue::{Queue, QueueKey};
use crate::supervise::panic_text;

/// What a pass that reached its end asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing until something changes.
    Change,
    /// Another look after this long, because time itself is a condition.
    After(Duration),
}

impl From<Option<Duration>> for Next {
    fn from(delay: Option<Duration>) -> Self {
        delay.map_or(Self::Change, Self::After)
    }
}

/// A control loop. It is given keys, never events: a pass reads the world, plans and applies, and would do the same
/// after a restart.
pub trait ControlLoop: Send + Sync + 'static {
    type Key: QueueKey;

    /// The loop's name in logs and metrics.
    const NAME: &'static str;
    /// How many keys may be worked on at a time. Bounds the requests this loop has in flight.
    const WORKERS: usize;

    /// Connects changes of the world with keys. Called once, before anything is watched.
    fn connect(self: &Arc<Self>, queue: &Arc<Queue<Self::Key>>);

    /// One pass over one key.
    fn reconcile(&self, key: &Self::Key) -> impl Future<Output = Result<Next, ReconcileError>> + Send;
}

/// Works on the keys of `queue` for ever.
pub async fn drive<L: ControlLoop>(control_loop: &L, queue: &Queue<L::Key>, metrics: &Metrics) {
    queue.recover();
    let mut passes = FuturesUnordered::new();
    loop {
        tokio::select! {
            key = queue.next(), if passes.len() < L::WORKERS => passes.push(pass(control_loop, key)),
            Some((key, outcome)) = passes.next(), if !passes.is_empty() => settle::<L>(queue, metrics, &key, outcome),
        }
    }
}

async fn pass<L: ControlLoop>(control_loop: &L, key: L::Key) -> (L::Key, Result<Next, ReconcileError>) {
    let outcome = AssertUnwindSafe(control_loop.reconcile(&key)).catch_unwind().await;
    let outcome = outcome.unwrap_or_else(|panic| Err(ReconcileError::Panicked(panic_text(&*panic).to_owned())));
    (key, outcome)
}

fn settle<L: ControlLoop>(
    queue: &Queue<L::Key>,
    metrics: &Metrics,
    key: &L::Key,
    outcome: Result<Next, ReconcileError>,
) {
    metrics.passed(L::NAME);
    match outcome {
        Ok(Next::Change) => queue.done(key),
        Ok(Next::After(delay)) => queue.done_after(key, delay),
        Err(error) => {
            metrics.failed(L::NAME);
            let (attempt, delay) = queue.retry(key);
            if error.is_conflict() {
                tracing::debug!(control_loop = L::NAME, %key, attempt, ?delay, %error, "somebody else was faster");
            } else {
                tracing::warn!(control_loop = L::NAME, %key, attempt, ?delay, %error, "a pass failed and is tried again");
            }
        }
    }
}

#[cfg(test)]
mod tests;
