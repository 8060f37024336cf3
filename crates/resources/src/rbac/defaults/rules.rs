//! Rules in one line each, and words that many of them share.

use weir_rbac::PolicyRule;

pub(super) const READ: &[&str] = &["get", "list", "watch"];
pub(super) const WRITE: &[&str] = &["create", "delete", "deletecollection", "patch", "update"];
pub(super) const ALL_VERBS: &[&str] = &[
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

pub(super) const CORE: &[&str] = &[""];
pub(super) const EVENTS: &[&str] = &["", "events.k8s.io"];
pub(super) const APPS: &[&str] = &["apps"];
pub(super) const COORDINATION: &[&str] = &["coordination.k8s.io"];
pub(super) const RBAC: &[&str] = &["rbac.authorization.k8s.io"];
pub(super) const REVIEWS: &[&str] = &["authorization.k8s.io"];
pub(super) const IDENTITY: &[&str] = &["authentication.k8s.io"];
pub(super) const OLD_REVIEWS: &[&str] = &["authorization.openshift.io"];
pub(super) const IMAGE: &[&str] = &["image.openshift.io"];
pub(super) const BUILD: &[&str] = &["build.openshift.io"];
pub(super) const DEPLOY: &[&str] = &["apps.openshift.io"];
pub(super) const PROJECT: &[&str] = &["project.openshift.io"];
/// `oc` asks about project requests without saying which group they are of.
pub(super) const PROJECT_OR_NONE: &[&str] = &["", "project.openshift.io"];
pub(super) const USER: &[&str] = &["user.openshift.io"];
pub(super) const OAUTH: &[&str] = &["oauth.openshift.io"];

/// A rule about resources.
pub(super) fn on(verbs: &[&str], groups: &[&str], resources: &[&str]) -> PolicyRule {
    PolicyRule::resources(verbs, groups, resources)
}

/// A rule about paths that address no resource.
pub(super) fn paths(paths: &[&str]) -> PolicyRule {
    PolicyRule::paths(&["get"], paths)
}
