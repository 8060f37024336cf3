//! `oauth.openshift.io/v1`: clients, and the tokens they get.

use k8s_openapi::ClusterResourceScope;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};

use crate::kind::{kind, null_as_default};

pub const GROUP: &str = "oauth.openshift.io";
pub const VERSION: &str = "v1";
pub const API_VERSION: &str = "oauth.openshift.io/v1";

/// A program that may ask for tokens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct OAuthClient {
    /// The name is the client's id.
    pub metadata: ObjectMeta,
    /// What the client proves itself with. Programs that cannot keep a secret have none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub secret: String,
    /// Other secrets that are accepted, so that the secret can be changed without a pause.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub additional_secrets: Vec<String>,
    /// Whether users without a session are asked by a challenge, which programs can answer, rather than by a page.
    pub respond_with_challenges: bool,
    /// Where answers may be sent. An answer goes nowhere else.
    #[serde(
        rename = "redirectURIs",
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub redirect_uris: Vec<String>,
    /// Whether users are asked before the client gets a token: `auto` or `prompt`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub grant_method: String,
    /// What tokens of this client may be used for. Without restrictions, whatever the user may do.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub scope_restrictions: Vec<ScopeRestriction>,
    /// For how many seconds tokens of this client are valid. 0 is for ever; without a value, the server decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_max_age_seconds: Option<i32>,
    /// After how many seconds without use tokens of this client end. 0 is never; without a value, the server decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_inactivity_timeout_seconds: Option<i32>,
}
kind!(
    OAuthClient,
    "oauth.openshift.io",
    "v1",
    "OAuthClient",
    "oauthclients",
    ClusterResourceScope
);

/// Something that tokens may be used for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ScopeRestriction {
    /// Scopes, word for word.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub literals: Vec<String>,
    /// Scopes that stand for a role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_role: Option<ClusterRoleScopeRestriction>,
}

/// Scopes that stand for a role.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["roleNames", "namespaces", "allowEscalation"])))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterRoleScopeRestriction {
    /// The roles; `*` is any.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub role_names: Vec<String>,
    /// Where the roles may be used; `*` is anywhere.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub namespaces: Vec<String>,
    /// Whether the scopes may give access to secrets and the like, from which more rights can be had.
    pub allow_escalation: bool,
}

/// A token with which a client acts for a user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct OAuthAccessToken {
    /// The name is the hash of the token: `sha256~` and the hash in base64. The token itself is not kept.
    pub metadata: ObjectMeta,
    /// The client that asked for it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_name: String,
    /// For how many seconds from its creation it is valid. 0 is for ever.
    pub expires_in: i64,
    /// What it may be used for.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub scopes: Vec<String>,
    /// Where the client got it.
    #[serde(rename = "redirectURI", skip_serializing_if = "String::is_empty")]
    pub redirect_uri: String,
    /// The user it stands for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user_name: String,
    /// The uid of that user: another user of the same name gets nothing from it.
    #[serde(rename = "userUID", skip_serializing_if = "String::is_empty")]
    pub user_uid: String,
    /// The code that was exchanged for it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub authorize_token: String,
    /// Not used.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub refresh_token: String,
    /// After how many seconds without use it ends, counted from its creation. 0 is never.
    pub inactivity_timeout_seconds: i32,
}
kind!(
    OAuthAccessToken,
    "oauth.openshift.io",
    "v1",
    "OAuthAccessToken",
    "oauthaccesstokens",
    ClusterResourceScope
);

/// One of the asker's own access tokens. Deleting it ends the session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct UserOAuthAccessToken {
    /// The name is the hash of the token: `sha256~` and the hash in base64. The token itself is not kept.
    pub metadata: ObjectMeta,
    /// The client that asked for it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_name: String,
    /// For how many seconds from its creation it is valid. 0 is for ever.
    pub expires_in: i64,
    /// What it may be used for.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub scopes: Vec<String>,
    /// Where the client got it.
    #[serde(rename = "redirectURI", skip_serializing_if = "String::is_empty")]
    pub redirect_uri: String,
    /// The user it stands for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user_name: String,
    /// The uid of that user: another user of the same name gets nothing from it.
    #[serde(rename = "userUID", skip_serializing_if = "String::is_empty")]
    pub user_uid: String,
    /// The code that was exchanged for it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub authorize_token: String,
    /// Not used.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub refresh_token: String,
    /// After how many seconds without use it ends, counted from its creation. 0 is never.
    pub inactivity_timeout_seconds: i32,
}
kind!(
    UserOAuthAccessToken,
    "oauth.openshift.io",
    "v1",
    "UserOAuthAccessToken",
    "useroauthaccesstokens",
    ClusterResourceScope
);

/// A code that a client exchanges for an access token.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct OAuthAuthorizeToken {
    /// The name is the hash of the code.
    pub metadata: ObjectMeta,
    /// The client that asked for it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_name: String,
    /// For how many seconds from its creation it is valid.
    pub expires_in: i64,
    /// What the token may be used for.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub scopes: Vec<String>,
    /// Where the client got it.
    #[serde(rename = "redirectURI", skip_serializing_if = "String::is_empty")]
    pub redirect_uri: String,
    /// What the client wants to hear again.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// The user it stands for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user_name: String,
    /// The uid of that user.
    #[serde(rename = "userUID", skip_serializing_if = "String::is_empty")]
    pub user_uid: String,
    /// What the client must know the origin of (RFC 7636).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub code_challenge: String,
    /// How the challenge was made: `S256` or `plain`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub code_challenge_method: String,
}
kind!(
    OAuthAuthorizeToken,
    "oauth.openshift.io",
    "v1",
    "OAuthAuthorizeToken",
    "oauthauthorizetokens",
    ClusterResourceScope
);
