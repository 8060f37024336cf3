//! All loops together over the real API on the store in memory. The node that runs pods, and the builder, are played by
//! the test.

#[path = "scenarios/machine.rs"]
mod machine;
#[path = "scenarios/node.rs"]
mod node;

#[path = "scenarios/builds.rs"]
mod builds;
#[path = "scenarios/cleaning_up.rs"]
mod cleaning_up;
#[path = "scenarios/quotas.rs"]
mod quotas;
#[path = "scenarios/replication.rs"]
mod replication;
#[path = "scenarios/rights.rs"]
mod rights;
#[path = "scenarios/rollouts.rs"]
mod rollouts;
#[path = "scenarios/streams.rs"]
mod streams;
#[path = "scenarios/token_secrets.rs"]
mod token_secrets;
