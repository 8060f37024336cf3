//! The frame of a process: what every role needs around its own work.
//!
//! ```text
//! telemetry::init -> private files (tokens, keys) -> Authority (TLS) -> serve(listener, router, shutdown)
//!                                                  signals::terminated -> shutdown -> drained within a bound
//! ```
//!
//! [`Incoming`] is for handlers that refuse a body in the middle.

pub mod private_file;
pub mod signals;
pub mod telemetry;

mod authority;
mod incoming;
mod serve;
mod signing_key;
mod tasks;

pub use authority::{Authority, AuthorityError};
pub use incoming::Incoming;
pub use serve::{ServeOptions, serve};
pub use signing_key::SigningKey;
pub use tasks::Tasks;
pub use tokio_util::sync::CancellationToken;
