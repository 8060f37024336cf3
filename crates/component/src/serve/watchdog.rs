use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Sleep, sleep_until};

use super::pace::{Pace, Patience};

/// Ends when the client of a connection took too long.
///
/// It is polled in the same task as the connection, after it: whatever changes the deadline has already happened then,
/// and nobody has to wake it.
pub(super) struct Watchdog {
    pace: Pace,
    patience: Patience,
    sleep: Pin<Box<Sleep>>,
}

impl Watchdog {
    pub fn new(pace: Pace, patience: Patience) -> Self {
        let first = tokio::time::Instant::now() + patience.head;
        Self {
            pace,
            patience,
            sleep: Box::pin(sleep_until(first)),
        }
    }
}

impl Future for Watchdog {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.pace.deadline(self.patience) else {
            return Poll::Pending; // the connection's task is woken when the answer is at its end
        };
        if self.sleep.deadline() != deadline {
            self.sleep.as_mut().reset(deadline);
        }
        self.sleep.as_mut().poll(cx)
    }
}
