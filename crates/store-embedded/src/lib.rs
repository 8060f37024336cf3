//! The embedded store: one SQLite file, written by one thread with group commit, read from memory.
//!
//! ```text
//! commit -> queue -> writer thread: check against the index, one SQLite transaction for all that wait (one fsync)
//!                                   -> index (readers, watchers) -> answers
//! get, list, watch -> index
//! ```
//!
//! On disk (`store.db`, WAL, `synchronous=FULL`):
//!
//! ```text
//! change(number, key, created, value)  one row per change; number = revision << 16 | place in its commit; value NULL is a deletion
//! meta(name, value)                    revision and compaction floors
//! ```
//!
//! The newest row of a key is its record; older rows are history until compaction drops them.

mod database;
mod lock;
mod metrics;
mod store;
mod writer;

pub use database::OpenError;
pub use metrics::Metrics;
pub use store::EmbeddedStore;
