//! The form of `scale` that DeploymentConfigs have: the one that was current when they were made.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};

use crate::kind::null_as_default;

/// How many pods something runs, in a form that is the same for everything that runs pods.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Scale {
    /// The name of what is scaled.
    pub metadata: ObjectMeta,
    /// What should be.
    pub spec: ScaleSpec,
    /// What is.
    pub status: ScaleStatus,
}

/// How many pods should run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ScaleSpec {
    /// The number.
    pub replicas: i32,
}

/// How many pods run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ScaleStatus {
    /// The number.
    pub replicas: i32,
    /// The labels of the pods.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub selector: BTreeMap<String, String>,
    /// The same as text, in the form of label selectors.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target_selector: String,
}
