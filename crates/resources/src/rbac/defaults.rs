//! The roles and bindings that every instance starts with, as data: names and rights as users of OpenShift and
//! Kubernetes know them, as far as they concern what is served here.

mod bindings;
mod builds;
mod cluster;
mod components;
mod images;
mod project;
mod rules;

use weir_rbac::{PolicyRule, RoleRef, Subject};

/// Label of roles that are part of `admin`; value `true`.
const TO_ADMIN: &str = "rbac.authorization.k8s.io/aggregate-to-admin";
const TO_EDIT: &str = "rbac.authorization.k8s.io/aggregate-to-edit";
const TO_VIEW: &str = "rbac.authorization.k8s.io/aggregate-to-view";
const TO_CLUSTER_READER: &str = "rbac.authorization.k8s.io/aggregate-to-cluster-reader";

/// A role as it is made at the start.
#[derive(Clone, Debug)]
pub(super) struct DefaultRole {
    /// Empty: a ClusterRole.
    pub namespace: &'static str,
    pub name: &'static str,
    /// What it is for, in `oc describe`.
    pub description: &'static str,
    /// Labels, all with the value `true`, by which aggregated roles find it.
    pub part_of: &'static [&'static str],
    /// Labels of the roles that it consists of, if it is an aggregated one.
    pub made_of: &'static [&'static str],
    pub rules: Vec<PolicyRule>,
}

/// A binding as it is made at the start.
#[derive(Clone, Debug)]
pub(super) struct DefaultBinding {
    /// Empty: a ClusterRoleBinding.
    pub namespace: &'static str,
    pub name: &'static str,
    pub role: RoleRef,
    pub subjects: Vec<Subject>,
}

pub(super) fn roles() -> Vec<DefaultRole> {
    let mut roles = cluster::roles();
    roles.extend(project::roles());
    roles.extend(images::roles());
    roles.extend(builds::roles());
    roles.extend(components::roles());
    roles
}

pub(super) fn bindings() -> Vec<DefaultBinding> {
    let mut bindings = bindings::bindings();
    bindings.extend(components::bindings());
    bindings
}

/// A ClusterRole with rules of its own.
fn role(name: &'static str, description: &'static str, rules: impl Into<Vec<PolicyRule>>) -> DefaultRole {
    DefaultRole {
        namespace: "",
        name,
        description,
        part_of: &[],
        made_of: &[],
        rules: rules.into(),
    }
}

/// A ClusterRole that is there to be part of another one.
fn part(part_of: &'static [&'static str], name: &'static str, rules: impl Into<Vec<PolicyRule>>) -> DefaultRole {
    DefaultRole {
        part_of,
        ..role(name, "", rules)
    }
}

/// A ClusterRole that consists of others.
fn aggregated(
    name: &'static str,
    description: &'static str,
    part_of: &'static [&'static str],
    made_of: &'static [&'static str],
) -> DefaultRole {
    DefaultRole {
        part_of,
        made_of,
        ..role(name, description, [])
    }
}
