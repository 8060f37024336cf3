use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use rusqlite::ErrorCode;
use tokio::sync::{mpsc, oneshot};
use weir_store::{CommitError, Index, Pending, ReadError, Revision, Write};

use crate::Metrics;
use crate::database::{Database, Garbage};
use crate::lock::DirectoryLock;

/// Commits that share one transaction at most; more would only make each of them wait longer.
const GROUP: usize = 512;
/// What a row takes besides its value, with its share of unfilled pages.
const ROW_OVERHEAD: usize = 1 << 10;
/// Superseded rows are deleted in lots of this size, together with a commit that is written anyway.
const GARBAGE_LOT: usize = 512;
/// The log is moved into the file when it is this long and nobody waits,
const CHECKPOINT_WHEN_QUIET: usize = 4 << 20;
/// or when it is this long whoever waits.
const CHECKPOINT_ALWAYS: usize = 64 << 20;

pub(crate) enum Request {
    Commit {
        writes: Vec<Write>,
        answer: oneshot::Sender<Result<Revision, CommitError>>,
    },
    Compact {
        upto: Revision,
        answer: oneshot::Sender<Result<(), ReadError>>,
    },
}

/// The only thread that writes. It ends when the store is dropped, after all that was queued is answered.
pub(crate) struct Writer {
    pub(crate) database: Database,
    pub(crate) index: Arc<RwLock<Index>>,
    pub(crate) requests: mpsc::Receiver<Request>,
    pub(crate) garbage: Vec<Garbage>,
    pub(crate) log_bytes: usize,
    /// Set when SQLite failed in a way after which the file cannot be trusted until it is opened again.
    pub(crate) broken: Option<String>,
    pub(crate) metrics: Metrics,
    pub(crate) _lock: DirectoryLock,
}

/// A commit that was checked and waits for the disk.
struct Waiting {
    revision: Revision,
    answer: oneshot::Sender<Result<Revision, CommitError>>,
}

impl Writer {
    pub(crate) fn run(mut self) {
        let mut requests = Vec::with_capacity(GROUP);
        while self.requests.blocking_recv_many(&mut requests, GROUP) > 0 {
            self.serve(requests.drain(..));
            self.checkpoint_if_due();
        }
        if let Err(error) = self.database.checkpoint() {
            tracing::warn!(%error, "the store's log could not be moved into its file at the end; the next start does it");
        }
        self.index.write().unwrap_or_else(PoisonError::into_inner).close();
    }

    fn serve(&mut self, requests: impl Iterator<Item = Request>) {
        let mut pending = Pending::default();
        let mut waiting = Vec::new();
        for request in requests {
            match request {
                Request::Commit { writes, answer } => self.check(writes, answer, &mut pending, &mut waiting),
                Request::Compact { upto, answer } => {
                    self.settle(std::mem::take(&mut pending), std::mem::take(&mut waiting));
                    // Nobody may be waiting any more; the compaction stands either way.
                    let _ = answer.send(self.compact(upto));
                }
            }
        }
        self.settle(pending, waiting);
    }

    fn check(
        &self,
        writes: Vec<Write>,
        answer: oneshot::Sender<Result<Revision, CommitError>>,
        pending: &mut Pending,
        waiting: &mut Vec<Waiting>,
    ) {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        match index.prepare(pending, writes) {
            Ok(revision) => waiting.push(Waiting { revision, answer }),
            Err(error) => {
                let _ = answer.send(Err(error));
            }
        }
    }

    /// Disk first, then the index and its watchers, then the answers.
    fn settle(&mut self, pending: Pending, waiting: Vec<Waiting>) {
        if pending.is_empty() {
            return;
        }
        if let Err(error) = self.write(&pending) {
            for Waiting { answer, .. } in waiting {
                let _ = answer.send(Err(error.again()));
            }
            return;
        }
        let applied = self
            .index
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .apply(pending);
        self.garbage.extend(applied.forgotten);
        self.metrics.commits.inc_by(waiting.len() as u64);
        for Waiting { revision, answer } in waiting {
            let _ = answer.send(Ok(revision));
        }
    }

    fn write(&mut self, pending: &Pending) -> Result<(), WriteFailure> {
        if let Some(reason) = &self.broken {
            return Err(WriteFailure::Broken(reason.clone()));
        }
        let lot = if self.garbage.len() >= GARBAGE_LOT {
            GARBAGE_LOT
        } else {
            0
        };
        let compacted = self.index.read().unwrap_or_else(PoisonError::into_inner).compacted();
        let begun = Instant::now();
        match self.database.write(pending.changes(), compacted, &self.garbage[..lot]) {
            Ok(()) => {
                self.metrics.transactions.inc();
                self.metrics.transaction_seconds.observe(begun.elapsed().as_secs_f64());
                self.garbage.drain(..lot);
                self.log_bytes += pending.changes().iter().map(size_on_log).sum::<usize>();
                Ok(())
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn compact(&mut self, upto: Revision) -> Result<(), ReadError> {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let applied = index.compact(upto)?;
        drop(index);
        self.garbage.extend(applied.forgotten);
        Ok(())
    }

    /// A full disk heals by itself; after any other failure of a write the file is not trusted again.
    fn failed(&mut self, error: &rusqlite::Error) -> WriteFailure {
        tracing::error!(%error, "a commit could not be written");
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => WriteFailure::Full,
            _ => {
                let reason = format!("{error}; restart to recover");
                self.broken = Some(reason.clone());
                WriteFailure::Broken(reason)
            }
        }
    }

    fn checkpoint_if_due(&mut self) {
        let quiet = self.requests.is_empty() && self.log_bytes > CHECKPOINT_WHEN_QUIET;
        if !quiet && self.log_bytes < CHECKPOINT_ALWAYS {
            return;
        }
        match self.database.checkpoint() {
            Ok(()) => self.log_bytes = 0,
            Err(error) => tracing::warn!(%error, "the store's log could not be moved into its file; tried again later"),
        }
    }
}

/// Why a whole group was not written; each of its commits is told.
enum WriteFailure {
    Full,
    Broken(String),
}

impl WriteFailure {
    fn again(&self) -> CommitError {
        match self {
            Self::Full => CommitError::Full,
            Self::Broken(reason) => CommitError::Unavailable(reason.clone()),
        }
    }
}

/// SQLite logs whole pages; new rows stand beside each other.
fn size_on_log(change: &weir_store::Change) -> usize {
    ROW_OVERHEAD + change.current.as_ref().map_or(0, |record| record.value.len())
}
