//! The store port: a revisioned key-value store, the one truth behind the API.
//!
//! ```text
//! commit(writes) -> one global revision, all or nothing, durable when it returns
//! get / list     -> at the current or an older revision that is not compacted yet
//! watch(from)    -> every later change exactly once, in revision order, or Compacted
//! changes(from)  -> the same from history alone, piece by piece
//! ```
//!
//! Every backend passes the contract suite in [`contract`]; [`MemoryStore`] is the reference and serves tests.
//! Backends that keep all current records in memory share [`Index`].

mod error;
mod index;
mod memory;
mod port;
mod watchers;

pub mod contract;

pub use error::{CommitError, ReadError, WatchError};
pub use index::{Applied, Index, Limits, Pending, RestoredChange};
pub use memory::MemoryStore;
pub use port::{Change, Expect, Listing, Past, Range, Record, Revision, Store, Watch, Write};
