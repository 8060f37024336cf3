//! `authorization.openshift.io/v1`: who may do what? The older form of the question.

mod access;
mod rules;

pub use access::*;
pub use rules::*;

pub const GROUP: &str = "authorization.openshift.io";
pub const VERSION: &str = "v1";
pub const API_VERSION: &str = "authorization.openshift.io/v1";
