//! Tells in the status of every ResourceQuota what it allows and how much of that is used.
//!
//! Watches ResourceQuotas and Pods, and the number of objects of every kind. Owns the quotas' `status`.
//!
//! Promises: the status follows what exists, also when nobody else tells of it (objects go, pods end, bounds change). It
//! decides nothing: the API refuses by what is stored.

mod plan;
mod reconcile;

pub use reconcile::ResourceQuotas;

#[cfg(test)]
mod tests;
