use serde_json::json;
use weir_apiserver::ApiError;

use super::super::Shared;
use super::super::provision::KnownUser;
use super::AuthorizeRequest;
use crate::oauth::access_token::FULL;
use crate::oauth::authorize_token::AUTHORIZE_TOKENS;
use crate::oauth::{API_VERSION, secret};

/// A client exchanges its code at once; a code that is found later is worth nothing.
const LIFETIME_SECONDS: i64 = 300;

/// A new code, kept as its hash.
pub(super) async fn issue(shared: &Shared, asked: &AuthorizeRequest, user: &KnownUser) -> Result<String, ApiError> {
    let code = secret::generate();
    let mut kept = json!({
        "kind": "OAuthAuthorizeToken",
        "apiVersion": API_VERSION,
        "metadata": {"name": secret::token_name(&code)},
        "clientName": asked.client,
        "userName": user.name,
        "userUID": user.uid,
        "expiresIn": LIFETIME_SECONDS,
        "scopes": [FULL],
    });
    if asked.redirect_named {
        kept["redirectURI"] = asked.redirect.as_str().into();
    }
    if let Some(challenge) = &asked.code_challenge {
        kept["codeChallenge"] = challenge.as_str().into();
        kept["codeChallengeMethod"] = "S256".into();
    }
    let cx = shared.context();
    cx.objects.create(&cx, &AUTHORIZE_TOKENS, kept).await?;
    Ok(code)
}
