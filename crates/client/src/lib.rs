//! The way components and commands talk to the API: a `kube::Client`, over a socket or straight into a router of the
//! same process, plus the calls that only OpenShift's groups have.
//!
//! A controller cannot tell whether its client runs in process or over the network.

mod in_process;
mod subresources;

pub use in_process::in_process;
pub use kube::Client;
pub use subresources::{instantiate_build, instantiate_deployment};
