use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};
use weir_store::{
    CommitError, Index, Limits, Listing, Past, Range, ReadError, Record, Revision, Store, Watch, WatchError, Write,
};

use crate::database::{COMMIT_CHANGES, Database, Garbage, Loaded};
use crate::lock::DirectoryLock;
use crate::writer::{Request, Writer};
use crate::{Metrics, OpenError};

/// Commits that may wait for the writer; callers beyond it wait for a place, which slows them down to the disk's pace.
const QUEUE: usize = 4096;
/// Bytes of one commit at most: some objects at their limit of 1.5 MiB each.
const COMMIT_BYTES: usize = 16 << 20;

/// The store in one SQLite file. Dropping it ends the writer thread after everything queued is answered.
pub struct EmbeddedStore {
    index: Arc<RwLock<Index>>,
    requests: Option<mpsc::Sender<Request>>,
    writer: Option<JoinHandle<()>>,
    metrics: Metrics,
}

impl EmbeddedStore {
    /// Opens or creates the store in `directory`, which must exist, and holds it against other processes.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        Self::open_with(directory, Limits::default())
    }

    pub fn open_with(directory: &Path, limits: Limits) -> Result<Self, OpenError> {
        let lock = DirectoryLock::acquire(directory)?;
        let path = directory.join("store.db");
        let database = Database::open(&path)?;
        let loaded = database.load(&path)?;
        let garbage = left_over(&loaded);
        let restored = Index::restore(limits, loaded.revision, loaded.compacted, loaded.changes.into_iter());
        let index = Arc::new(RwLock::new(restored));
        let (requests, queue) = mpsc::channel(QUEUE);
        let metrics = Metrics::default();
        let writer = Writer {
            database,
            index: index.clone(),
            requests: queue,
            garbage,
            log_bytes: 0,
            broken: None,
            metrics: metrics.clone(),
            _lock: lock,
        };
        let writer = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.run())
            .map_err(|source| OpenError::Directory { path, source })?;
        Ok(Self {
            index,
            requests: Some(requests),
            writer: Some(writer),
            metrics,
        })
    }

    /// What it counts.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    async fn ask<T, E>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, E>>) -> Request,
        gone: impl Fn() -> E,
    ) -> Result<T, E> {
        let (answer, answered) = oneshot::channel();
        let requests = self.requests.as_ref().ok_or_else(&gone)?;
        requests.send(request(answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.requests.take();
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the store's writer thread panicked");
        }
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    fn revision(&self) -> Revision {
        self.index.read().unwrap_or_else(PoisonError::into_inner).revision()
    }

    async fn get(&self, key: &str, at: Option<Revision>) -> Result<Option<Record>, ReadError> {
        self.index.read().unwrap_or_else(PoisonError::into_inner).get(key, at)
    }

    async fn list(&self, range: Range, at: Option<Revision>) -> Result<Listing, ReadError> {
        self.index
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .list(&range, at)
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<Revision, CommitError> {
        let bytes = writes
            .iter()
            .map(|write| write.value.as_ref().map_or(0, |value| value.len()))
            .sum();
        if bytes > COMMIT_BYTES || writes.len() > COMMIT_CHANGES {
            return Err(CommitError::TooLarge(bytes));
        }
        self.ask(
            |answer| Request::Commit { writes, answer },
            || CommitError::Unavailable("the store's writer has ended".into()),
        )
        .await
    }

    async fn watch(&self, prefix: &str, from: Revision) -> Result<Watch, WatchError> {
        self.index
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .watch(prefix, from)
    }

    async fn changes(&self, prefix: &str, from: Revision, limit: usize) -> Result<Past, WatchError> {
        self.index
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .changes(prefix, from, limit)
    }

    async fn compact(&self, upto: Revision) -> Result<(), ReadError> {
        self.ask(
            |answer| Request::Compact { upto, answer },
            || ReadError::Unavailable("the store's writer has ended".into()),
        )
        .await
    }
}

/// Rows that a compaction had given up but not deleted yet when the process ended.
fn left_over(loaded: &Loaded) -> Vec<Garbage> {
    let mut newest = std::collections::HashMap::new();
    let mut garbage = Vec::new();
    for change in loaded
        .changes
        .iter()
        .take_while(|change| change.revision <= loaded.compacted)
    {
        if let Some(superseded) = newest.insert(change.key.clone(), change.revision) {
            garbage.push((change.key.clone(), superseded));
        }
        if change.current.is_none() {
            newest.remove(&change.key);
            garbage.push((change.key.clone(), change.revision));
        }
    }
    garbage
}
