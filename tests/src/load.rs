//! Clients that write as fast as they are answered, and record what they were told.

mod api;
mod follower;
mod pairs;
mod writer;

pub use api::{LoadApi, Reply};
pub use follower::{Ended, Follower};
pub use pairs::PairWriter;
pub use writer::Writer;

/// Where all of it happens.
pub const NAMESPACE: &str = "load";
