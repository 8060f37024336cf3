//! `user.openshift.io/v1`: people, and how they prove who they are.

use std::collections::BTreeMap;

use k8s_openapi::ClusterResourceScope;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};

use crate::kind::{kind, null_as_default};

pub const GROUP: &str = "user.openshift.io";
pub const VERSION: &str = "v1";
pub const API_VERSION: &str = "user.openshift.io/v1";

/// Somebody who may log in. `~` is whoever asks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["groups"])))]
#[serde(rename_all = "camelCase", default)]
pub struct User {
    /// The name is what the user is called everywhere.
    pub metadata: ObjectMeta,
    /// A name for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub full_name: String,
    /// How the user may log in: names of Identities.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub identities: Vec<String>,
    /// Not used: groups name their users.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub groups: Vec<String>,
}
kind!(User, "user.openshift.io", "v1", "User", "users", ClusterResourceScope);

/// One way in which a user proves who they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["providerName", "providerUserName", "user"])))]
#[serde(rename_all = "camelCase", default)]
pub struct Identity {
    /// The name is `PROVIDER:NAME`.
    pub metadata: ObjectMeta,
    /// Who vouches for it.
    pub provider_name: String,
    /// What the user is called there.
    pub provider_user_name: String,
    /// The user.
    pub user: ObjectReference,
    /// What else is known of the user there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub extra: BTreeMap<String, String>,
}
kind!(
    Identity,
    "user.openshift.io",
    "v1",
    "Identity",
    "identities",
    ClusterResourceScope
);

/// Users who have rights in common.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["users"])))]
#[serde(rename_all = "camelCase", default)]
pub struct Group {
    /// The name is what roles are bound to.
    pub metadata: ObjectMeta,
    /// Names of the users.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub users: Vec<String>,
}
kind!(
    Group,
    "user.openshift.io",
    "v1",
    "Group",
    "groups",
    ClusterResourceScope
);

/// The tie between an identity and its user, as something that can be written by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct UserIdentityMapping {
    /// The name is the identity's.
    pub metadata: ObjectMeta,
    /// The identity.
    pub identity: ObjectReference,
    /// The user.
    pub user: ObjectReference,
}
kind!(
    UserIdentityMapping,
    "user.openshift.io",
    "v1",
    "UserIdentityMapping",
    "useridentitymappings",
    ClusterResourceScope
);
