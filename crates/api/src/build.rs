//! `build.openshift.io/v1`.

mod build_config;
mod request;
mod run;
mod source;
mod strategy;
mod trigger;

pub use build_config::*;
pub use request::*;
pub use run::*;
pub use source::*;
pub use strategy::*;
pub use trigger::*;

pub const GROUP: &str = "build.openshift.io";
pub const VERSION: &str = "v1";
pub const API_VERSION: &str = "build.openshift.io/v1";
