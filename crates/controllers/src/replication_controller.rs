//! Keeps as many pods as a ReplicationController asks for.
//!
//! Watches ReplicationControllers, Pods and ResourceQuotas. Owns the pods it created or adopted (controller reference), and
//! `status` of the ReplicationController.
//!
//! Promises:
//! - Never more creations than are missing: own writes are seen before the next pass.
//! - Pods that matter least go first: not assigned, not ready, restarted often, youngest.
//! - A pod that failed is replaced, ever more slowly while replacements go on failing, and only the last few failed
//!   pods are kept to look at.
//! - When a pod cannot be made the condition `ReplicaFailure` says why, until none is missing. Where a quota was in the
//!   way the next try comes with the quota's next change.
//! - A pod that matches and has no controller is adopted; an owned pod that no longer matches is released.

mod failure;
mod plan;
mod reconcile;
mod victims;

pub use reconcile::ReplicationControllers;

#[cfg(test)]
mod tests;
