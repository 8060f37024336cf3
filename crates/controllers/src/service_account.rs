//! Gives every namespace the service accounts that builds, rollouts and ordinary pods run as, and their rights in it.
//!
//! Watches Namespaces, ServiceAccounts and RoleBindings. Owns the existence of `default`, `builder` and `deployer`, and
//! of the bindings that give them their roles.
//!
//! Promises: an account or binding that is missing from a namespace in use is made; nothing else about one is changed.

mod plan;
mod reconcile;

pub use reconcile::ServiceAccounts;

#[cfg(test)]
mod tests;
