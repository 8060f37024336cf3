//! Keeps a task that must never end alive: a panic or an end is counted, logged and answered with a new start.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;

/// A first restart comes quickly: most panics concern one object in one state.
const RESTART_FIRST: Duration = Duration::from_millis(100);
/// A task that cannot live is tried once a minute, so that it does not fill the log.
const RESTART_LAST: Duration = Duration::from_secs(60);
/// After this long without trouble the back-off starts over.
const RESTART_FORGET: Duration = Duration::from_secs(120);

/// Runs what `start` makes, again and again, until `shutdown`.
pub async fn supervise<F, T>(name: &str, metrics: &Metrics, shutdown: &CancellationToken, start: F)
where
    F: Fn() -> T,
    T: Future<Output = ()>,
{
    let mut delay = RESTART_FIRST;
    loop {
        let began = tokio::time::Instant::now();
        let task = AssertUnwindSafe(start()).catch_unwind();
        let ended = tokio::select! {
            () = shutdown.cancelled() => return,
            ended = task => ended,
        };
        metrics.restarted(name);
        match ended {
            Ok(()) => tracing::error!(task = name, ?delay, "the task ended and is started again"),
            Err(panic) => {
                tracing::error!(
                    task = name,
                    ?delay,
                    panic = panic_text(&*panic),
                    "the task panicked and is started again"
                )
            }
        }
        if began.elapsed() >= RESTART_FORGET {
            delay = RESTART_FIRST;
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(delay) => {}
        }
        delay = (delay * 2).min(RESTART_LAST);
    }
}

/// The words of a panic, where it has any.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio_util::sync::CancellationToken;

    use super::supervise;
    use crate::metrics::Metrics;

    #[tokio::test]
    async fn a_task_that_panics_or_ends_is_started_again_and_counted() {
        let metrics = Metrics::default();
        let shutdown = CancellationToken::new();
        let starts = AtomicU32::new(0);
        supervise("moody", &metrics, &shutdown, || async {
            match starts.fetch_add(1, Ordering::Relaxed) {
                0 => panic!("the first start fails"),
                1 => {}
                _ => {
                    shutdown.cancel();
                    std::future::pending::<()>().await;
                }
            }
        })
        .await;
        assert_eq!(starts.load(Ordering::Relaxed), 3);
        assert_eq!(metrics.restarts("moody"), 2);
    }
}
