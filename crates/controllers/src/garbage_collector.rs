//! Deletes what has lost its owners.
//!
//! Watches the metadata of every stored kind. Owns no object: it deletes dependants whose owners are all gone, and
//! removes the finalizers `foregroundDeletion` and `orphan` when what they wait for is done.
//!
//! Promises:
//! - Nothing is deleted because an owner is missing from a cache: the API is asked for it, by name and uid.
//! - An object with one owner left stays, and loses its references to the others.
//! - An owner of a kind that is not served counts as present: better something left over than something lost.
//! - In a foreground deletion the dependants that block go first; with `orphan` they stay and forget the owner.

mod graph;
mod plan;
mod reconcile;

pub use reconcile::GarbageCollector;

#[cfg(test)]
mod tests;
