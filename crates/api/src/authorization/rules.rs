//! What may somebody do?

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};

use crate::kind::{kind, null_as_default};

/// Asks what the asker may do in this namespace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["spec"])))]
#[serde(rename_all = "camelCase", default)]
pub struct SelfSubjectRulesReview {
    /// Not used.
    pub metadata: ObjectMeta,
    /// The question.
    pub spec: SelfSubjectRulesReviewSpec,
    /// The answer.
    pub status: SubjectRulesReviewStatus,
}
kind!(
    SelfSubjectRulesReview,
    "authorization.openshift.io",
    "v1",
    "SelfSubjectRulesReview",
    "selfsubjectrulesreviews",
    NamespaceResourceScope
);

/// The question what the asker may do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["scopes"])))]
#[serde(rename_all = "camelCase", default)]
pub struct SelfSubjectRulesReviewSpec {
    /// What a token may be used for, if the question is about one.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub scopes: Vec<String>,
}

/// Asks what somebody may do in this namespace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["spec"])))]
#[serde(rename_all = "camelCase", default)]
pub struct SubjectRulesReview {
    /// Not used.
    pub metadata: ObjectMeta,
    /// The question.
    pub spec: SubjectRulesReviewSpec,
    /// The answer.
    pub status: SubjectRulesReviewStatus,
}
kind!(
    SubjectRulesReview,
    "authorization.openshift.io",
    "v1",
    "SubjectRulesReview",
    "subjectrulesreviews",
    NamespaceResourceScope
);

/// The question what somebody may do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["user", "groups", "scopes"])))]
#[serde(rename_all = "camelCase", default)]
pub struct SubjectRulesReviewSpec {
    /// The user.
    pub user: String,
    /// Groups of the user.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub groups: Vec<String>,
    /// What a token may be used for, if the question is about one.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub scopes: Vec<String>,
}

/// What somebody may do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SubjectRulesReviewStatus {
    /// What is allowed, in no order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub rules: Vec<PolicyRule>,
    /// What kept the server from finding out everything.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub evaluation_error: String,
}

/// Something that is allowed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["verbs", "resources"])))]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyRule {
    /// What may be done; `*` is everything.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub verbs: Vec<String>,
    /// Not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "k8s_openapi::apimachinery::pkg::runtime::RawExtension")
    )]
    pub attribute_restrictions: Option<serde_json::Value>,
    /// Groups of the resources; `*` is any.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub api_groups: Vec<String>,
    /// What it may be done to; `*` is everything.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub resources: Vec<String>,
    /// Names of objects it may be done to. Without any, all of them.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub resource_names: Vec<String>,
    /// Paths that may be asked for; `*` at the end stands for the rest.
    #[serde(
        rename = "nonResourceURLs",
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub non_resource_urls: Vec<String>,
}
