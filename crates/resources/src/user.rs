//! `user.openshift.io`: people, the identities that login providers know them by, and their groups.

mod group;
mod identity;
mod membership;
mod user_identity_mapping;
mod users;

pub(crate) use group::GROUPS;
pub(crate) use identity::IDENTITIES;
pub(crate) use membership::Membership;
pub(crate) use users::USERS;

use weir_apiserver::{FieldError, GroupVersionKind, Resource};

use crate::htpasswd::check_user_name;

const GROUP: &str = "user.openshift.io";
/// `apiVersion` of the group's objects.
pub(crate) const API_VERSION: &str = "user.openshift.io/v1";

const fn kind(kind: &'static str) -> GroupVersionKind {
    GroupVersionKind {
        group: GROUP,
        version: "v1",
        kind,
    }
}

pub(crate) fn resources() -> Vec<Resource> {
    vec![
        group::resource(),
        identity::resource(),
        user_identity_mapping::resource(),
        users::resource(),
    ]
}

/// A field that must name a user.
fn user_name(field: impl Into<String>, name: &str) -> Option<FieldError> {
    check_user_name(name)
        .err()
        .map(|why| FieldError::invalid(field, name, why))
}
