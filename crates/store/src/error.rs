use crate::{Record, Revision};

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("revision {wanted:?} is compacted, the oldest kept is {oldest:?}")]
    Compacted { wanted: Revision, oldest: Revision },
    #[error("revision {wanted:?} is in the future, the newest is {newest:?}")]
    Future { wanted: Revision, newest: Revision },
    #[error("the store cannot be read: {0}")]
    Unavailable(String),
}

#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// `writes[index]` did not find what it expected. `found` is what is there.
    #[error("write {index} expected something else under its key")]
    Conflict { index: usize, found: Option<Record> },
    #[error("no space left on the device that holds the store")]
    Full,
    #[error("the store cannot be written: {0}")]
    Unavailable(String),
    #[error("a commit of {0} bytes is over the limit")]
    TooLarge(usize),
}

#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    #[error("revision {wanted:?} is compacted, the oldest kept is {oldest:?}")]
    Compacted { wanted: Revision, oldest: Revision },
    #[error("the watcher fell behind by more than its buffer")]
    Lagged,
    #[error("the store is closed")]
    Closed,
}
