use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::ApiError;

/// Who asks. Requests of the own process carry it as an extension; all others get it from their credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserInfo {
    pub username: String,
    pub uid: String,
    pub groups: Vec<String>,
    pub extra: BTreeMap<String, Vec<String>>,
}

/// What somebody wants to do, as authorizers and access reviews see it.
#[derive(Clone, Debug, Default)]
pub struct Attributes {
    pub verb: String,
    pub group: String,
    pub version: String,
    pub resource: String,
    pub subresource: String,
    pub namespace: String,
    pub name: String,
    /// Set for requests that address no resource, such as `/metrics`.
    pub path: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Allow,
    /// With the reason, as it is shown to the user.
    Deny(String),
}

#[async_trait]
pub trait Authenticator: Send + Sync {
    /// `Ok(None)`: these credentials are not for this authenticator or not valid.
    async fn authenticate(&self, bearer: &str) -> Result<Option<UserInfo>, ApiError>;
}

#[async_trait]
pub trait Authorizer: Send + Sync {
    async fn authorize(&self, user: &UserInfo, attributes: &Attributes) -> Decision;

    /// The namespace whose rights count, which is where a refusal says that they are missing; empty for the whole
    /// cluster. It may be another than the path's for kinds whose objects stand for namespaces.
    fn namespace<'a>(&self, attributes: &'a Attributes) -> &'a str {
        &attributes.namespace
    }
}
