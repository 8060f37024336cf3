//! The unprivileged half of the builder: the same binary, started again without rights, credentials or the machine's
//! environment, does everything that reads hostile source.
//!
//! ```text
//! supervisor                               child (own user when the supervisor is root, own process group)
//!   job, one JSON line ----- stdin ----->  fetch | unpack | pack
//!   upload             -----   "   ----->  (unpack only, behind the job)
//!   log, result        <---- stderr -----  one JSON event a line
//!   build context      <---- stdout -----  tar (pack only)
//! ```
//!
//! The pipe that brought the job stays open: when it ends, the supervisor is gone, and the child ends itself and all it
//! started.

mod confine;
mod entry;
mod protocol;
mod supervise;

pub use entry::child_main;
pub use supervise::{CHILD_VERB, ChildProgram};

pub(crate) use protocol::{ChildFailure, ChildFailureKind, Fetched};
pub(crate) use supervise::{LogSink, Seat, fetch, pack, unpack};
