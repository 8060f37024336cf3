//! `project.openshift.io/v1`.

use k8s_openapi::ClusterResourceScope;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};

use crate::kind::kind;

pub const GROUP: &str = "project.openshift.io";
pub const VERSION: &str = "v1";
pub const API_VERSION: &str = "project.openshift.io/v1";

/// A namespace as its users see it; stored as the Namespace of the same name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Project {
    pub metadata: ObjectMeta,
    pub spec: ProjectSpec,
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

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectSpec {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub finalizers: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectStatus {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phase: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectRequest {
    pub metadata: ObjectMeta,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub display_name: String,
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
