//! `oauth.openshift.io`, and the server that turns a password into a token, as `oc login` asks for one.
//!
//! ```text
//! GET  /.well-known/oauth-authorization-server    where everything is
//! GET  /oauth/authorize    who are you?  -> 401 and a challenge, or a form to log in with
//!      the same with a password          -> 302 to the client, with a code (5 minutes, once, bound to the client's S256)
//! POST /oauth/token        the code and its verifier -> a token, which is kept as a hash only
//! ```
//!
//! Nobody who comes here has said who he is: bodies, hashing and waiting are bounded, failures cost time, and whether a
//! user exists is not to be found out.

mod access_token;
mod authorize_token;
mod client;
mod provider;
mod redirect;
mod secret;
mod server;
mod throttle;
mod token_table;
mod user_access_token;

pub use provider::{HtpasswdProvider, PasswordProvider, ProviderError};
pub use server::{OAuthConfig, OAuthServer, Pause};

pub(crate) use access_token::{ACCESS_TOKENS, is_expired, is_full};
pub(crate) use secret::token_name;

use weir_apiserver::{GroupVersionKind, Resource};

const GROUP: &str = "oauth.openshift.io";
const API_VERSION: &str = "oauth.openshift.io/v1";

const fn kind(kind: &'static str) -> GroupVersionKind {
    GroupVersionKind {
        group: GROUP,
        version: "v1",
        kind,
    }
}

pub(crate) fn resources() -> Vec<Resource> {
    vec![
        access_token::resource(),
        authorize_token::resource(),
        client::resource(),
        user_access_token::resource(),
    ]
}
