//! The wire types of the groups Weir serves: `image.openshift.io/v1`, `build.openshift.io/v1`,
//! `apps.openshift.io/v1` and `project.openshift.io/v1`. The core kinds come from `k8s-openapi`.
//!
//! These are words only: they parse and print, and know nothing of rules, time or IO. Components read objects
//! through them and write with patches, so that a field which is not modelled here is never lost.

mod kind;
pub use kind::to_object;

pub mod apps;
pub mod authorization;
pub mod build;
pub mod extensions;
pub mod image;
pub mod names;
pub mod oauth;
pub mod project;
#[cfg(feature = "schema")]
pub mod schema;
pub mod user;

pub use k8s_openapi::api::core::v1 as core;
pub use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
