use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{CommitError, ReadError, WatchError};

/// Position in the one global order of commits. Zero is before the first commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// One stored value with the revisions that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub key: Arc<str>,
    pub value: Bytes,
    pub created: Revision,
    pub modified: Revision,
}

/// What a [`Write`] expects to find under its key; otherwise the whole commit is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    Absent,
    /// The record was last modified at exactly this revision.
    Modified(Revision),
}

/// One write of a commit. `value: None` deletes.
#[derive(Clone, Debug)]
pub struct Write {
    pub key: String,
    pub expect: Expect,
    pub value: Option<Bytes>,
}

/// One change as watchers see it. All writes of one commit carry the same revision, in the order they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub revision: Revision,
    pub key: Arc<str>,
    /// The record after the change; `None` when it was deleted.
    pub current: Option<Record>,
    /// The record before the change; `None` when it was created.
    pub previous: Option<Record>,
}

/// Which keys to list: all that start with `prefix` and sort after `after`, at most `limit`.
#[derive(Clone, Debug, Default)]
pub struct Range {
    pub prefix: String,
    pub after: Option<String>,
    pub limit: Option<usize>,
}

/// Keys in byte order, with the revision that the listing shows.
#[derive(Clone, Debug)]
pub struct Listing {
    pub records: Vec<Record>,
    pub revision: Revision,
    /// How many more keys of the prefix follow the last record.
    pub remaining: usize,
}

/// A piece of history: every change of one prefix between two revisions.
#[derive(Clone, Debug)]
pub struct Past {
    /// In revision order. Commits are never split.
    pub changes: Vec<Change>,
    /// Nothing is missing up to and including this revision.
    pub complete_to: Revision,
}

/// Changes of one prefix in revision order, in batches that share a wake-up. Ends with an error when the reader fell
/// so far behind that changes were dropped; it must then list again.
pub type Watch = futures::stream::BoxStream<'static, Result<Vec<Change>, WatchError>>;

#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The revision of the newest commit.
    fn revision(&self) -> Revision;

    /// The record under `key`, now or `at` an older revision.
    async fn get(&self, key: &str, at: Option<Revision>) -> Result<Option<Record>, ReadError>;

    /// A consistent listing, now or `at` an older revision.
    async fn list(&self, range: Range, at: Option<Revision>) -> Result<Listing, ReadError>;

    /// Applies all writes or none. When it returns, the commit is durable, visible to reads, and on its way to watchers.
    async fn commit(&self, writes: Vec<Write>) -> Result<Revision, CommitError>;

    /// Every change under `prefix` after `from`. `from` may be at most the current revision.
    async fn watch(&self, prefix: &str, from: Revision) -> Result<Watch, WatchError>;

    /// The changes under `prefix` after `from` that history still holds, without waiting for more. About `limit` changes
    /// of all keys are looked at, so that no call takes long; the next call goes on at [`Past::complete_to`].
    async fn changes(&self, prefix: &str, from: Revision, limit: usize) -> Result<Past, WatchError>;

    /// Forgets history up to and including `upto`; current records stay.
    async fn compact(&self, upto: Revision) -> Result<(), ReadError>;
}
