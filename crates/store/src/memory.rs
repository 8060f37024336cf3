use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::{
    CommitError, Index, Limits, Listing, Past, Pending, Range, ReadError, Record, Revision, Store, Watch, WatchError,
    Write,
};

/// The store without a disk: the reference implementation, for tests.
pub struct MemoryStore {
    index: Mutex<Index>,
}

impl MemoryStore {
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    pub fn with_limits(limits: Limits) -> Self {
        Self {
            index: Mutex::new(Index::new(limits)),
        }
    }

    /// The index stays consistent when a holder panics: it changes only in `apply`, which does not call out.
    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn revision(&self) -> Revision {
        self.index().revision()
    }

    async fn get(&self, key: &str, at: Option<Revision>) -> Result<Option<Record>, ReadError> {
        self.index().get(key, at)
    }

    async fn list(&self, range: Range, at: Option<Revision>) -> Result<Listing, ReadError> {
        self.index().list(&range, at)
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<Revision, CommitError> {
        let mut index = self.index();
        let mut pending = Pending::default();
        let revision = index.prepare(&mut pending, writes)?;
        index.apply(pending);
        Ok(revision)
    }

    async fn watch(&self, prefix: &str, from: Revision) -> Result<Watch, WatchError> {
        self.index().watch(prefix, from)
    }

    async fn changes(&self, prefix: &str, from: Revision, limit: usize) -> Result<Past, WatchError> {
        self.index().changes(prefix, from, limit)
    }

    async fn compact(&self, upto: Revision) -> Result<(), ReadError> {
        self.index().compact(upto).map(|_| ())
    }
}
