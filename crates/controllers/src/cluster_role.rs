//! Keeps aggregated ClusterRoles: those with an `aggregationRule` consist of the rules of the ClusterRoles that it selects.
//!
//! Watches ClusterRoles. Owns `rules` of those that have an aggregation rule.
//!
//! Promises: the rules of an aggregated role are those of its parts, in the order of their names, each once. A role that
//! is part of another aggregated one reaches it in turn.

mod plan;
mod reconcile;

pub use reconcile::ClusterRoles;

#[cfg(test)]
mod tests;
