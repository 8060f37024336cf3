use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// How often an idle watch tells its client the revision it has reached.
const EVERY: Duration = Duration::from_secs(60);
/// The last bookmark comes so long before the end of the watch, so that the next watch begins where this one ended.
const BEFORE_END: Duration = Duration::from_secs(2);

/// When the bookmarks of one watch are due.
pub(super) struct Bookmarks {
    due: Option<Pin<Box<Sleep>>>,
    last: Instant,
}

impl Bookmarks {
    /// Of a watch that begins now and ends at `deadline`; without any unless they are wanted.
    pub fn until(deadline: Instant, wanted: bool) -> Self {
        let last = deadline.checked_sub(BEFORE_END).unwrap_or(deadline);
        let first = following(Instant::now(), last).filter(|_| wanted);
        Self {
            due: first.map(|first| Box::pin(sleep_until(first))),
            last,
        }
    }

    /// Waits for the next one; for ever when there is none.
    pub async fn due(&mut self) {
        let Some(due) = &mut self.due else {
            return std::future::pending().await;
        };
        due.as_mut().await;
        match following(Instant::now(), self.last) {
            Some(next) => due.as_mut().reset(next),
            None => self.due = None,
        }
    }
}

/// The bookmark after `now`, when the last one is at `last`.
fn following(now: Instant, last: Instant) -> Option<Instant> {
    (now < last).then(|| last.min(now + EVERY))
}
