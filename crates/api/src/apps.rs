//! `apps.openshift.io/v1`.

mod deployment_config;
mod request;
mod status;
mod strategy;

pub use deployment_config::*;
pub use request::*;
pub use status::*;
pub use strategy::*;

pub const GROUP: &str = "apps.openshift.io";
pub const VERSION: &str = "v1";
pub const API_VERSION: &str = "apps.openshift.io/v1";
