//! Who a bearer token belongs to, what its owner may do, and the resources that answer questions about both.
//!
//! ```text
//! bearer -> Authenticator: the admin's token | a user's token | a service account's signed token, asked for or kept in a
//!           secret -> UserInfo (+ scopes)
//! UserInfo, Attributes -> Authorizer: what roles and bindings allow, default deny, scopes only ever take away
//! ```

mod access_review;
mod admin_token;
mod authenticator;
mod authorizer;
mod oauth_token;
mod scope;
mod secret_token;
mod self_subject_review;
mod service_account_token;
mod token_review;
mod user_info;

#[cfg(test)]
pub(crate) mod testing;

pub(crate) use user_info::MASTERS;

pub use admin_token::AdminToken;
pub use authenticator::{Authenticator, FOLLOWED_BY_AUTHENTICATOR, ObjectLookup};
pub use authorizer::Authorizer;
pub use scope::{RepositoryScope, SCOPES_EXTRA};
pub use secret_token::SecretClaims;
pub use service_account_token::{
    API_AUDIENCE, BoundTo, Claims, ISSUER, KeyError, MAX_LIFETIME, MIN_LIFETIME, NamedObject, ServiceAccountTokens,
    Signed, TokenError,
};

pub(crate) use user_info::is_virtual_group;

use weir_apiserver::Resource;

use crate::Config;

/// `authentication.k8s.io` and `authorization.k8s.io`.
pub(crate) fn kubernetes_resources(config: &Config) -> Vec<Resource> {
    let mut served = vec![self_subject_review::resource(), token_review::resource(config)];
    served.extend(access_review::resources(&config.authorizer));
    served
}

/// `authorization.openshift.io`.
pub(crate) fn openshift_authorization(config: &Config) -> Vec<Resource> {
    access_review::openshift_resources(&config.authorizer)
}
