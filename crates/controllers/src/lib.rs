//! The control loops: they watch the API and make true what it says.
//!
//! ```text
//! ImageStream --image_trigger--> DeploymentConfig --deployment_config--> ReplicationController --> Pods
//!      ^              |                                   deployer rolls out ----^
//!      |              '--> BuildConfig --instantiate--> Build --build--> build Pod (run by the builder)
//!      '--------------------------- the pushed image -----------------------------------'
//! ```
//!
//! Every loop is a folder of the same shape: a cover page that says what it watches, owns and promises, `plan` (pure:
//! what is, and what follows), `reconcile` (looks, plans, applies), tests. A loop is given the name of an object and
//! nothing else; it would do the same after a restart, and doing it twice changes nothing.
//!
//! [`run`] starts them all over one client, which may be in process or remote.

mod run;
pub use metrics::Metrics;
pub use run::{Options, run};

// The loops.
mod build;
mod build_config;
mod cluster_role;
mod deployer;
mod deployment_config;
mod event_expiry;
mod garbage_collector;
mod image_import;
mod image_trigger;
mod namespace;
mod pull_secret;
mod replication_controller;
mod resource_quota;
mod service_account;
mod token_expiry;
mod token_secret;
pub use token_secret::{Issuance, SecretTokens, SigningError, TokenOwner};

// What they know in common.
mod deployment;
mod ownership;
mod pod_facts;
mod scale;
mod served;

// What drives them.
mod cache;
mod census;
mod clock;
mod collection;
mod control_loop;
mod error;
mod key;
mod metrics;
mod queue;
mod recorder;
mod supervise;
mod world;
pub use clock::Clock;

#[cfg(test)]
mod testing;
