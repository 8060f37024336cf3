//! `rbac.authorization.k8s.io`: roles and who holds them.
//!
//! ```text
//! write -> escalation (nobody passes on what he does not hold) -> validation -> store -> auth::Authorizer's index
//! ```

mod aggregation;
mod binding;
mod defaults;
mod escalation;
mod role;

pub mod bootstrap;
pub(crate) mod namespace_bindings;

use std::sync::Arc;

use weir_apiserver::{GroupResource, GroupVersionKind, Resource};

use crate::auth::Authorizer;

pub(crate) const GROUP: &str = "rbac.authorization.k8s.io";
pub(crate) const API_VERSION: &str = "rbac.authorization.k8s.io/v1";

pub(crate) const ROLES: GroupResource = id("roles");
pub(crate) const ROLE_BINDINGS: GroupResource = id("rolebindings");
pub(crate) const CLUSTER_ROLES: GroupResource = id("clusterroles");
pub(crate) const CLUSTER_ROLE_BINDINGS: GroupResource = id("clusterrolebindings");

/// What an [`Authorizer`] follows.
pub const FOLLOWED: [GroupResource; 4] = [ROLES, ROLE_BINDINGS, CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS];

const fn id(resource: &'static str) -> GroupResource {
    GroupResource { group: GROUP, resource }
}

const fn kind(kind: &'static str) -> GroupVersionKind {
    GroupVersionKind {
        group: GROUP,
        version: "v1",
        kind,
    }
}

pub(crate) fn resources(authorizer: &Arc<Authorizer>) -> Vec<Resource> {
    vec![
        binding::cluster_role_bindings(authorizer),
        role::cluster_roles(authorizer),
        binding::role_bindings(authorizer),
        role::roles(authorizer),
    ]
}
