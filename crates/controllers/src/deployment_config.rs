//! Turns a DeploymentConfig into replication controllers, one per version.
//!
//! Watches DeploymentConfigs and ReplicationControllers. Owns `status` of the DeploymentConfig, the existence of the
//! replication controllers `NAME-N`, and their replicas once their rollouts have ended. While a rollout runs, replicas
//! belong to the deployer.
//!
//! Promises:
//! - A new version is made when a trigger says so, and never while one of its images is unknown.
//! - A running rollout that is out of date is cancelled before the next one begins.
//! - After a failed rollout the newest complete deployment gets its replicas back.
//! - The conditions say what `oc rollout status` waits for, and change together with the fact they speak of.

mod conditions;
mod controller_template;
mod plan;
mod reconcile;
mod triggers;

pub use reconcile::DeploymentConfigs;

#[cfg(test)]
mod tests;
