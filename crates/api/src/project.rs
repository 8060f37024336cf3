//! `project.openshift.io/v1`.

use k8s_openapi::ClusterResourceScope;
use k8s_openapi::api::core::v1::NamespaceCondition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};

use crate::kind::{kind, null_as_default};

pub const GROUP: &str = "project.openshift.io";
pub const VERSION: &str = "v1";
pub const API_VERSION: &str = "project.openshift.io/v1";

/// A namespace as its users see it, with a name and a description for people. A project and the namespace of the same
/// name are one thing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Project {
    /// The annotations `openshift.io/display-name` and `openshift.io/description` are what clients show.
    pub metadata: ObjectMeta,
    /// What should be.
    pub spec: ProjectSpec,
    /// What is.
    pub status: ProjectStatus,
}
kind!(
    Project,
    "project.openshift.io",
    "v1",
    "Project",
    "projects",
    ClusterResourceScope
);

/// What should be of a project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectSpec {
    /// What must be done before the project can go. Only the server changes it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub finalizers: Vec<String>,
}

/// What is known of a project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectStatus {
    /// `Active`, or `Terminating` when it is being deleted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phase: String,
    /// What keeps a project from going, while it is being deleted.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub conditions: Vec<NamespaceCondition>,
}

/// Asks for a project of one's own. Whoever asks becomes its administrator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectRequest {
    /// The name of the project.
    pub metadata: ObjectMeta,
    /// A name for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// What the project is for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
}
kind!(
    ProjectRequest,
    "project.openshift.io",
    "v1",
    "ProjectRequest",
    "projectrequests",
    ClusterResourceScope
);
