use std::fmt;

use serde::{Deserialize, Serialize};

const RBAC: &str = "rbac.authorization.k8s.io";
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    pub name: &'a str,
    pub groups: &'a [String],
}

/// Who a role is given to, as it is on the wire.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    pub kind: SubjectKind,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub api_group: String,
    #[serde(default)]
    pub name: String,
    /// Of a service account.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SubjectKind {
    User,
    Group,
    ServiceAccount,
    /// Something that no request can come from.
    #[serde(other)]
    Unknown,
}

/// The role that a binding gives, as it is on the wire.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleRef {
    #[serde(default)]
    pub api_group: String,
    pub kind: RoleKind,
    #[serde(default)]
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RoleKind {
    Role,
    ClusterRole,
    /// Nothing that holds rules.
    #[serde(other)]
    Unknown,
}

impl Subject {
    pub fn user(name: &str) -> Self {
        Self {
            kind: SubjectKind::User,
            api_group: RBAC.to_owned(),
            name: name.to_owned(),
            namespace: String::new(),
        }
    }

    pub fn group(name: &str) -> Self {
        Self {
            kind: SubjectKind::Group,
            ..Self::user(name)
        }
    }

    pub fn service_account(namespace: &str, name: &str) -> Self {
        Self {
            kind: SubjectKind::ServiceAccount,
            api_group: String::new(),
            name: name.to_owned(),
            namespace: namespace.to_owned(),
        }
    }
}

impl Subject {
    /// Whether a request of `who` is one of this subject's.
    pub fn is(&self, who: Who<'_>) -> bool {
        match self.kind {
            SubjectKind::User => self.name == who.name,
            SubjectKind::Group => who.groups.contains(&self.name),
            SubjectKind::ServiceAccount => is_service_account(who.name, &self.namespace, &self.name),
            SubjectKind::Unknown => false,
        }
    }
}

impl RoleRef {
    pub fn cluster_role(name: &str) -> Self {
        Self {
            api_group: RBAC.to_owned(),
            kind: RoleKind::ClusterRole,
            name: name.to_owned(),
        }
    }

    pub fn role(name: &str) -> Self {
        Self {
            kind: RoleKind::Role,
            ..Self::cluster_role(name)
        }
    }
}

impl fmt::Display for SubjectKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

impl fmt::Display for RoleKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

fn is_service_account(user: &str, namespace: &str, name: &str) -> bool {
    let account = user
        .strip_prefix(SERVICE_ACCOUNT)
        .and_then(|account| account.split_once(':'));
    account == Some((namespace, name))
}

/// The user name that requests of a service account come with.
pub fn service_account_name(namespace: &str, name: &str) -> String {
    format!("{SERVICE_ACCOUNT}{namespace}:{name}")
}
