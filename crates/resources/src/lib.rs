//! The API groups Weir serves, one file per resource, in one folder per group.
//!
//! ```text
//! core           namespaces pods replicationcontrollers services serviceaccounts secrets configmaps events nodes
//!                resourcequotas limitranges
//! image          imagestreams and everything that is computed from them
//! coordination   leases
//! events         the core group's events under newer names
//! build          buildconfigs, builds, and the generator between them
//! apps           deploymentconfigs
//! project        projects, projectrequests: namespaces as their users see them
//! rbac           roles, bindings, and who may pass them on
//! user, oauth    users, groups, and the tokens they log in with; the server that gives those
//! auth           who a token belongs to, what they may do, and the review resources that answer both
//! ```
//!
//! [`Admission`] refuses what quotas and limit ranges have no room for.
//! [`resources`] describes all of them to the API server; [`auth`] also holds the [`auth::Authenticator`] and the
//! [`auth::Authorizer`] of a machine that stands alone.

mod ages;
mod config;
mod decode;
mod definitions;
mod describe;
mod generation;
mod json;
mod names;
mod nodes;
mod preconditions;
mod protobuf;

mod admission;
mod apps;
pub mod auth;
mod build;
mod coordination;
mod core;
mod events;
pub mod htpasswd;
pub mod image;
pub mod oauth;
mod project;
mod rbac;
mod user;

pub use admission::{Admission, FOLLOWED as FOLLOWED_BY_ADMISSION};
pub use config::{Clock, Config};
pub use core::NAMESPACES;
pub use definitions::definitions;
pub use nodes::NodeConnector;
pub use protobuf::PROTOBUF;
pub use rbac::FOLLOWED;
pub use rbac::bootstrap::{self, Established};

use weir_apiserver::Resource;

#[cfg(test)]
mod scenarios;

/// Everything this server serves, in the order discovery shows it: clients resolve short names and plurals that several
/// groups use to the first group that has them.
pub fn resources(config: Config) -> Vec<Resource> {
    let mut served = core::resources(&config);
    served.extend(events::resources());
    served.extend(coordination::resources());
    served.extend(auth::kubernetes_resources(&config));
    served.extend(rbac::resources(&config.authorizer));
    served.extend(apps::resources(&config));
    served.extend(auth::openshift_authorization(&config));
    served.extend(build::resources(&config));
    served.extend(image::resources(&config.images()));
    served.extend(project::resources());
    served.extend(oauth::resources());
    served.extend(user::resources());
    served
}
