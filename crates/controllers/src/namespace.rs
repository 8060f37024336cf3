//! Empties a namespace that is being deleted, then lets it go.
//!
//! Watches Namespaces and, for news of the slow ones, Pods. Owns the finalizer `kubernetes` in `spec.finalizers`.
//!
//! Promises:
//! - What makes things goes before the things it makes, and accounts and secrets last, so that nothing on its way out
//!   lacks what it needs to end well.
//! - The namespace goes only when the API has shown each kind to be empty.

mod plan;
mod reconcile;

pub use reconcile::Namespaces;

#[cfg(test)]
mod tests;
