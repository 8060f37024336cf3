//! Starts the first build of a BuildConfig and tidies up after its builds.
//!
//! Watches BuildConfigs, Builds and ImageStreams. Owns the first build where there is a ConfigChange trigger, and the
//! number of finished builds that are kept.
//!
//! Promises:
//! - A ConfigChange trigger makes exactly one build, the first, even where an image change asks for it at the same time.
//! - Of the finished builds the newest are kept, successful and failed ones counted apart; an unfinished build is never
//!   deleted.

mod plan;
mod reconcile;

pub use reconcile::BuildConfigs;

#[cfg(test)]
mod tests;
