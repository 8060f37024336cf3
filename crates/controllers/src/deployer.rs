//! Carries out rollouts: from a new replication controller without pods to one that has replaced its predecessors.
//!
//! Watches ReplicationControllers that a DeploymentConfig made, and their Pods. Owns the phase, state and log
//! annotations of a deployment, and the replicas of all deployments of a config while one of them rolls out.
//!
//! Promises:
//! - A rollout is a state machine whose whole state is on the replication controller: it goes on where it was after a
//!   restart, and a pass that was cut off is simply made again.
//! - Rolling: never fewer pods available than allowed, never more than allowed; an old pod goes only for an available
//!   new one. Deployments that a cancelled rollout left half way count as old ones.
//! - Recreate: no new pod before the last old one has ended.
//! - A rollout that makes no progress in time fails, and says which pod is in the way.
//! - What is not supported fails at once and says so.

mod limits;
mod log;
mod plan;
mod reconcile;
mod recreate;
mod rolling;
mod state;
mod unsupported;

pub use reconcile::Deployer;

#[cfg(test)]
mod tests;
