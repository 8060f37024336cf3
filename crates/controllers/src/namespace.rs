//! Empties a namespace that is being deleted, then lets it go.
//!
//! Watches Namespaces and, for news of the slow ones, Pods. Owns the finalizer `kubernetes` in `spec.finalizers` and the
//! conditions in the status of namespaces.
//!
//! Promises:
//! - Pods end first, while everything they may need to end well is still there. Of the rest, what makes things goes
//!   before the things it makes, and accounts and secrets last.
//! - The namespace goes only when the API has shown each kind to be empty.
//! - What holds it up meanwhile is told in its conditions.

mod conditions;
mod plan;
mod reconcile;

pub use reconcile::Namespaces;

#[cfg(test)]
mod tests;
