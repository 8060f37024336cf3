//! The node agent: runs the pods of its node on a container engine, and answers for logs, exec and attach.
//!
//! ```text
//! watch on pods -----> PodTable --wake--> Worker (one per pod): observe -> plan (pure) -> apply -> report
//! watch on engine ----------------wake--/       |                                           |
//!                                               pulls, stops, probes run beside it          status, events
//! scheduler: pods without a node come to ours           router: /containerLogs /exec /attach
//! ```
//!
//! Workers are woken, never told: after a restart they find their containers by labels and go on. Containers go on
//! running while no agent does.

mod agent;
mod clock;
mod config;

pub use agent::{Agent, AgentError};
pub use clock::Clock;
pub use config::AgentConfig;
pub use labels::INSTALLATION as INSTALLATION_LABEL;

mod node;
mod pod_watch;
mod pods;
mod workers;

mod engine_watch;
mod node_object;
mod scheduler;

mod backoff;
mod facts;
mod instance;
mod plan;
mod pod_view;
mod status;

mod container;
mod hooks;
mod image;
mod labels;
mod pause;
mod probes;
mod sources;
mod volumes;
mod worker;

mod address;
mod recorder;
mod service;

#[cfg(test)]
mod fixtures;
