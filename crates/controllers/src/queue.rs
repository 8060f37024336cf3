//! The work queue of a loop: each key at most once in it, never two passes over one key at a time, delays and retries.
//!
//! Its size needs no bound of its own: a key is the name of an object (or was), is held once, and a key whose object is
//! gone leaves with its next pass.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// The first retry comes at once for a person, yet lets a conflicting writer finish.
const RETRY_FIRST: Duration = Duration::from_millis(5);
/// A key that goes on failing is looked at twice a minute, for ever.
const RETRY_LAST: Duration = Duration::from_secs(30);

/// What can name a piece of work.
pub trait QueueKey: Clone + Eq + Ord + Hash + fmt::Debug + fmt::Display + Send + Sync + 'static {}
impl<T: Clone + Eq + Ord + Hash + fmt::Debug + fmt::Display + Send + Sync + 'static> QueueKey for T {}

/// Keys that wait for a pass.
pub struct Queue<K> {
    state: Mutex<State<K>>,
    changed: Notify,
}

struct State<K> {
    ready: VecDeque<K>,
    /// Everything in `ready`, and keys added while a pass over them runs.
    dirty: HashSet<K>,
    running: HashSet<K>,
    delayed: BTreeSet<(Instant, K)>,
    /// When each delayed key is due; the earliest wish wins.
    due: HashMap<K, Instant>,
    failures: HashMap<K, u32>,
}

impl<K: QueueKey> Queue<K> {
    pub fn new() -> Self {
        Self {
            state: Mutex::new(State::new()),
            changed: Notify::new(),
        }
    }

    /// Asks for a pass over `key` as soon as possible.
    pub fn add(&self, key: K) {
        self.lock().add(key);
        self.changed.notify_one();
    }

    /// The next key to work on. It must be given back with [`Queue::done`], [`Queue::done_after`] or [`Queue::retry`].
    pub async fn next(&self) -> K {
        loop {
            let wake = match self.lock().take(Instant::now()) {
                Taken::Key(key) => return key,
                Taken::NothingUntil(wake) => wake,
            };
            match wake {
                Some(instant) => {
                    tokio::select! {
                        () = self.changed.notified() => {}
                        () = tokio::time::sleep_until(instant) => {}
                    }
                }
                None => self.changed.notified().await,
            }
        }
    }

    /// The pass over `key` reached its end.
    pub fn done(&self, key: &K) {
        let mut state = self.lock();
        state.failures.remove(key);
        state.finish(key);
        drop(state);
        self.changed.notify_one();
    }

    /// The pass over `key` reached its end and wants another one in `delay`.
    pub fn done_after(&self, key: &K, delay: Duration) {
        self.lock().add_at(key.clone(), Instant::now() + delay);
        self.done(key);
    }

    /// The pass over `key` failed. Returns how often in a row, and when it will be tried again.
    pub fn retry(&self, key: &K) -> (u32, Duration) {
        let mut state = self.lock();
        let failures = state.failures.entry(key.clone()).or_default();
        *failures = failures.saturating_add(1);
        let failures = *failures;
        let delay = retry_delay(failures);
        state.add_at(key.clone(), Instant::now() + delay);
        state.finish(key);
        drop(state);
        self.changed.notify_one();
        (failures, delay)
    }

    /// Puts back the keys whose passes ended without a word, when a loop starts again.
    pub fn recover(&self) {
        let mut state = self.lock();
        for key in std::mem::take(&mut state.running) {
            state.dirty.insert(key.clone());
            state.ready.push_back(key);
        }
        drop(state);
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State<K>> {
        // No code of ours panics between two steps of a change here, so the state is whole even if the lock says otherwise.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: QueueKey> Default for Queue<K> {
    fn default() -> Self {
        Self::new()
    }
}

enum Taken<K> {
    Key(K),
    NothingUntil(Option<Instant>),
}

impl<K: QueueKey> State<K> {
    fn new() -> Self {
        Self {
            ready: VecDeque::new(),
            dirty: HashSet::new(),
            running: HashSet::new(),
            delayed: BTreeSet::new(),
            due: HashMap::new(),
            failures: HashMap::new(),
        }
    }

    fn add(&mut self, key: K) {
        if self.dirty.insert(key.clone()) && !self.running.contains(&key) {
            self.ready.push_back(key);
        }
    }

    fn add_at(&mut self, key: K, instant: Instant) {
        match self.due.get(&key) {
            Some(earlier) if *earlier <= instant => return,
            Some(later) => {
                self.delayed.remove(&(*later, key.clone()));
            }
            None => {}
        }
        self.due.insert(key.clone(), instant);
        self.delayed.insert((instant, key));
    }

    fn take(&mut self, now: Instant) -> Taken<K> {
        while self.delayed.first().is_some_and(|(instant, _)| *instant <= now) {
            if let Some((_, key)) = self.delayed.pop_first() {
                self.due.remove(&key);
                self.add(key);
            }
        }
        match self.ready.pop_front() {
            Some(key) => {
                self.dirty.remove(&key);
                self.running.insert(key.clone());
                Taken::Key(key)
            }
            None => Taken::NothingUntil(self.delayed.first().map(|(instant, _)| *instant)),
        }
    }

    fn finish(&mut self, key: &K) {
        self.running.remove(key);
        if self.dirty.contains(key) {
            self.ready.push_back(key.clone());
        }
    }
}

fn retry_delay(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    RETRY_FIRST.saturating_mul(1 << doublings).min(RETRY_LAST)
}

#[cfg(test)]
mod tests;
