//! How much may happen at once. One user's flood waits in that user's own line.

mod held;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use axum::body::Body;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::ApiError;

/// How long a request waits for its turn.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// When a client that was sent away may come back.
const RETRY_AFTER: u32 = 1;
/// Users whose lines are remembered before idle ones are forgotten.
const REMEMBERED_USERS: usize = 1_024;

/// Bounds on what is served at once.
#[derive(Clone, Copy, Debug)]
pub struct InFlightLimits {
    /// Reads of one user that run at once.
    pub reads_per_user: usize,
    /// Writes of one user that run at once.
    pub writes_per_user: usize,
    /// Requests of one user that wait for their turn; more are answered 429 at once.
    pub waiting_per_user: usize,
    /// Watches of all users together.
    pub watches: usize,
}

impl Default for InFlightLimits {
    fn default() -> Self {
        Self {
            reads_per_user: 200,
            writes_per_user: 50,
            waiting_per_user: 1_000,
            watches: 20_000,
        }
    }
}

pub(crate) struct InFlight {
    limits: InFlightLimits,
    users: Mutex<HashMap<String, Weak<Lines>>>,
    watches: Arc<AtomicUsize>,
}

/// The lines of one user.
struct Lines {
    reads: Arc<Semaphore>,
    writes: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// The right to be served; dropping it lets the next one in.
pub(crate) struct Permit {
    _permit: OwnedSemaphorePermit,
    _lines: Arc<Lines>,
}

impl Permit {
    /// Gives the permit to an answer: the next one gets in when all of it is sent, or nobody takes it any more.
    pub fn held_by(self, body: Body) -> Body {
        held::hold(self, body)
    }
}

/// The right to watch.
#[derive(Debug)]
pub(crate) struct Slot(Arc<AtomicUsize>);

impl InFlight {
    pub fn new(limits: InFlightLimits) -> Self {
        Self {
            limits,
            users: Mutex::default(),
            watches: Arc::default(),
        }
    }

    pub async fn admit(&self, user: &str, writes: bool) -> Result<Permit, ApiError> {
        let lines = self.lines(user);
        let line = if writes { &lines.writes } else { &lines.reads };
        let permit = match line.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => lines.wait(line.clone(), self.limits.waiting_per_user).await?,
        };
        Ok(Permit {
            _permit: permit,
            _lines: lines,
        })
    }

    pub fn watch(&self) -> Result<Slot, ApiError> {
        let slot = Slot(self.watches.clone());
        if self.watches.fetch_add(1, Ordering::AcqRel) >= self.limits.watches {
            return Err(ApiError::too_many_requests(
                "too many watches, please try again later",
                RETRY_AFTER,
            ));
        }
        Ok(slot)
    }

    pub fn watches(&self) -> usize {
        self.watches.load(Ordering::Acquire)
    }

    fn lines(&self, user: &str) -> Arc<Lines> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lines) = users.get(user).and_then(Weak::upgrade) {
            return lines;
        }
        if users.len() >= REMEMBERED_USERS {
            users.retain(|_, lines| lines.strong_count() > 0);
        }
        let lines = Arc::new(Lines {
            reads: Arc::new(Semaphore::new(self.limits.reads_per_user)),
            writes: Arc::new(Semaphore::new(self.limits.writes_per_user)),
            waiting: AtomicUsize::new(0),
        });
        users.insert(user.to_owned(), Arc::downgrade(&lines));
        lines
    }
}

impl Lines {
    async fn wait(&self, line: Arc<Semaphore>, limit: usize) -> Result<OwnedSemaphorePermit, ApiError> {
        let busy = || ApiError::too_many_requests("too many requests, please try again later", RETRY_AFTER);
        let place = Waiting::join(&self.waiting);
        if place.position >= limit {
            return Err(busy());
        }
        match tokio::time::timeout(MAX_WAIT, line.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(busy()),
        }
    }
}

/// A place among those who wait, given up also by those who leave.
struct Waiting<'a> {
    waiting: &'a AtomicUsize,
    position: usize,
}

impl<'a> Waiting<'a> {
    fn join(waiting: &'a AtomicUsize) -> Self {
        Self {
            position: waiting.fetch_add(1, Ordering::AcqRel),
            waiting,
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_flight(limits: InFlightLimits) -> InFlight {
        InFlight::new(limits)
    }

    #[tokio::test]
    async fn a_full_line_sends_the_next_one_away_and_leaves_other_users_alone() {
        let limits = InFlightLimits {
            writes_per_user: 1,
            waiting_per_user: 0,
            ..InFlightLimits::default()
        };
        let in_flight = in_flight(limits);
        let first = in_flight.admit("a", true).await.expect("free");
        let refused = in_flight.admit("a", true).await.err().expect("full");
        assert_eq!(
            (refused.code, refused.details.and_then(|d| d.retry_after_seconds)),
            (429, Some(1))
        );
        assert!(in_flight.admit("a", false).await.is_ok());
        assert!(in_flight.admit("b", true).await.is_ok());
        drop(first);
        assert!(in_flight.admit("a", true).await.is_ok());
    }

    #[tokio::test]
    async fn who_waits_gets_the_place_that_becomes_free() {
        let in_flight = in_flight(InFlightLimits {
            writes_per_user: 1,
            ..InFlightLimits::default()
        });
        let first = in_flight.admit("a", true).await.expect("free");
        let (second, ()) = tokio::join!(in_flight.admit("a", true), async { drop(first) });
        assert!(second.is_ok());
    }

    #[test]
    fn watches_are_counted_while_they_live() {
        let in_flight = in_flight(InFlightLimits {
            watches: 1,
            ..InFlightLimits::default()
        });
        let slot = in_flight.watch().expect("free");
        assert_eq!(in_flight.watch().expect_err("full").code, 429);
        drop(slot);
        assert!(in_flight.watch().is_ok());
    }
}
