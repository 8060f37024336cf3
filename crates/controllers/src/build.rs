//! Moves a Build through its phases, following its pod.
//!
//! ```text
//! New --(its turn, references known, pod created)--> Pending --(first container started)--> Running
//! Running --(pod succeeded)--> Complete | --(pod failed)--> Failed | --(pod vanished)--> Error
//! any but these --(status.cancelled)--> Cancelled
//! ```
//!
//! Watches Builds, their Pods, ImageStreams and ServiceAccounts. Owns the build pod, the phase and everything in
//! `status` that follows from it. The builder writes what only it can know (stages, digest, a precise reason of a
//! failure) through the `details` subresource.
//!
//! Promises:
//! - One pod per build, ever: a pod that an earlier pass made is found again by its owner.
//! - The run policy of the BuildConfig holds for builds started at the same moment, too.
//! - What a build waits for is in its `reason` and `message`, and it goes on as soon as that appears.
//! - A finished build has its times, its duration and, if it failed, the last lines of the container that failed.

mod change;
mod environment;
mod identity;
mod outcome;
mod plan;
mod pod;
mod policy;
mod reconcile;
mod references;
mod start;

pub use identity::{config_name, number};
pub use reconcile::Builds;

#[cfg(test)]
mod tests;
