//! Gives every namespace the service accounts that builds, rollouts and ordinary pods run as.
//!
//! Watches Namespaces and ServiceAccounts. Owns the existence of `default`, `builder` and `deployer`.
//!
//! Promises: an account that is missing from a namespace in use is made; nothing else about an account is changed.

mod plan;
mod reconcile;

pub use reconcile::ServiceAccounts;

#[cfg(test)]
mod tests;
