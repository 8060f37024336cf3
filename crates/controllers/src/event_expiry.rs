//! Deletes Events that nobody will look at any more.
//!
//! Looks at all Events from time to time. Owns their end.
//!
//! Promises: an Event that was last repeated an hour ago goes within minutes; one that was repeated since stays.

mod plan;
mod reconcile;

pub use reconcile::EventExpiry;

#[cfg(test)]
mod tests;
