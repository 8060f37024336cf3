//! May somebody do something, and who may?

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::{ClusterResourceScope, NamespaceResourceScope};
use serde::{Deserialize, Serialize};

use crate::kind::{kind, null_as_default};

/// Asks whether somebody may do something.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["namespace", "verb", "resourceAPIGroup", "resourceAPIVersion", "resource", "resourceName", "path", "isNonResourceURL", "user", "groups", "scopes"])))]
#[serde(rename_all = "camelCase", default)]
pub struct SubjectAccessReview {
    /// Not used.
    pub metadata: ObjectMeta,
    /// Where it is done. Empty for something that is in no namespace, and for all namespaces.
    pub namespace: String,
    /// What is done: `get`, `list`, `create` and so on.
    pub verb: String,
    /// The group of the resource.
    #[serde(rename = "resourceAPIGroup", skip_serializing_if = "String::is_empty")]
    pub resource_api_group: String,
    /// The version of the resource.
    #[serde(rename = "resourceAPIVersion", skip_serializing_if = "String::is_empty")]
    pub resource_api_version: String,
    /// What it is done to, in the plural.
    pub resource: String,
    /// The name of the object. Empty for all of them.
    pub resource_name: String,
    /// The path, of a request that is not about a resource.
    pub path: String,
    /// Whether it is about a path.
    #[serde(rename = "isNonResourceURL")]
    pub is_non_resource_url: bool,
    /// The object that is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "k8s_openapi::apimachinery::pkg::runtime::RawExtension")
    )]
    pub content: Option<serde_json::Value>,
    /// Who does it. Empty together with groups for whoever asks.
    pub user: String,
    /// Groups of whoever does it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub groups: Vec<String>,
    /// What the token may be used for that it is done with.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub scopes: Vec<String>,
}
kind!(
    SubjectAccessReview,
    "authorization.openshift.io",
    "v1",
    "SubjectAccessReview",
    "subjectaccessreviews",
    ClusterResourceScope
);

/// Asks whether somebody may do something in this namespace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["namespace", "verb", "resourceAPIGroup", "resourceAPIVersion", "resource", "resourceName", "path", "isNonResourceURL", "user", "groups", "scopes"])))]
#[serde(rename_all = "camelCase", default)]
pub struct LocalSubjectAccessReview {
    /// Not used.
    pub metadata: ObjectMeta,
    /// Where it is done. Empty for something that is in no namespace, and for all namespaces.
    pub namespace: String,
    /// What is done: `get`, `list`, `create` and so on.
    pub verb: String,
    /// The group of the resource.
    #[serde(rename = "resourceAPIGroup", skip_serializing_if = "String::is_empty")]
    pub resource_api_group: String,
    /// The version of the resource.
    #[serde(rename = "resourceAPIVersion", skip_serializing_if = "String::is_empty")]
    pub resource_api_version: String,
    /// What it is done to, in the plural.
    pub resource: String,
    /// The name of the object. Empty for all of them.
    pub resource_name: String,
    /// The path, of a request that is not about a resource.
    pub path: String,
    /// Whether it is about a path.
    #[serde(rename = "isNonResourceURL")]
    pub is_non_resource_url: bool,
    /// The object that is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "k8s_openapi::apimachinery::pkg::runtime::RawExtension")
    )]
    pub content: Option<serde_json::Value>,
    /// Who does it. Empty together with groups for whoever asks.
    pub user: String,
    /// Groups of whoever does it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub groups: Vec<String>,
    /// What the token may be used for that it is done with.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub scopes: Vec<String>,
}
kind!(
    LocalSubjectAccessReview,
    "authorization.openshift.io",
    "v1",
    "LocalSubjectAccessReview",
    "localsubjectaccessreviews",
    NamespaceResourceScope
);

/// The answer to the question whether somebody may do something.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["allowed"])))]
#[serde(rename_all = "camelCase", default)]
pub struct SubjectAccessReviewResponse {
    /// Where it was asked about.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Whether it is allowed.
    pub allowed: bool,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What kept the server from finding out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub evaluation_error: String,
}

/// Asks who may do something.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["namespace", "verb", "resourceAPIGroup", "resourceAPIVersion", "resource", "resourceName", "path", "isNonResourceURL"])))]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceAccessReview {
    /// Not used.
    pub metadata: ObjectMeta,
    /// Where it is done. Empty for something that is in no namespace, and for all namespaces.
    pub namespace: String,
    /// What is done: `get`, `list`, `create` and so on.
    pub verb: String,
    /// The group of the resource.
    #[serde(rename = "resourceAPIGroup", skip_serializing_if = "String::is_empty")]
    pub resource_api_group: String,
    /// The version of the resource.
    #[serde(rename = "resourceAPIVersion", skip_serializing_if = "String::is_empty")]
    pub resource_api_version: String,
    /// What it is done to, in the plural.
    pub resource: String,
    /// The name of the object. Empty for all of them.
    pub resource_name: String,
    /// The path, of a request that is not about a resource.
    pub path: String,
    /// Whether it is about a path.
    #[serde(rename = "isNonResourceURL")]
    pub is_non_resource_url: bool,
    /// The object that is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "k8s_openapi::apimachinery::pkg::runtime::RawExtension")
    )]
    pub content: Option<serde_json::Value>,
}
kind!(
    ResourceAccessReview,
    "authorization.openshift.io",
    "v1",
    "ResourceAccessReview",
    "resourceaccessreviews",
    ClusterResourceScope
);

/// Asks who may do something in this namespace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["namespace", "verb", "resourceAPIGroup", "resourceAPIVersion", "resource", "resourceName", "path", "isNonResourceURL"])))]
#[serde(rename_all = "camelCase", default)]
pub struct LocalResourceAccessReview {
    /// Not used.
    pub metadata: ObjectMeta,
    /// Where it is done. Empty for something that is in no namespace, and for all namespaces.
    pub namespace: String,
    /// What is done: `get`, `list`, `create` and so on.
    pub verb: String,
    /// The group of the resource.
    #[serde(rename = "resourceAPIGroup", skip_serializing_if = "String::is_empty")]
    pub resource_api_group: String,
    /// The version of the resource.
    #[serde(rename = "resourceAPIVersion", skip_serializing_if = "String::is_empty")]
    pub resource_api_version: String,
    /// What it is done to, in the plural.
    pub resource: String,
    /// The name of the object. Empty for all of them.
    pub resource_name: String,
    /// The path, of a request that is not about a resource.
    pub path: String,
    /// Whether it is about a path.
    #[serde(rename = "isNonResourceURL")]
    pub is_non_resource_url: bool,
    /// The object that is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "k8s_openapi::apimachinery::pkg::runtime::RawExtension")
    )]
    pub content: Option<serde_json::Value>,
}
kind!(
    LocalResourceAccessReview,
    "authorization.openshift.io",
    "v1",
    "LocalResourceAccessReview",
    "localresourceaccessreviews",
    NamespaceResourceScope
);

/// The answer to the question who may do something.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["users", "groups", "evalutionError"])))]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceAccessReviewResponse {
    /// Where it was asked about.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Users who may.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub users: Vec<String>,
    /// Groups whose members may.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub groups: Vec<String>,
    /// What kept the server from finding out. Its name is misspelt, and has been since clients know it.
    pub evalution_error: String,
}
