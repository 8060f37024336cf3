use std::sync::Arc;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, PRAGMA, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use weir_apiserver::{ApiError, Object};

use super::authorize::basic_credentials;
use super::parameters::Parameters;
use super::{Shared, found};
use crate::json;
use crate::oauth::authorize_token::AUTHORIZE_TOKENS;
use crate::oauth::{ACCESS_TOKENS, API_VERSION, client, is_expired, secret};

/// A code, its verifier and an address.
const MAX_FORM_BYTES: usize = 16 << 10;
/// How long a token lives when its client says nothing else.
const LIFETIME_SECONDS: i64 = 24 * 3600;

/// Why there is no token, in the words of RFC 6749.
enum TokenError {
    Request(&'static str),
    GrantType,
    Client,
    Grant,
    Api(ApiError),
}

/// A code becomes a token.
pub(super) async fn post(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let exchanged = match to_bytes(body, MAX_FORM_BYTES).await {
        Ok(body) => exchange(&shared, &head.headers, &body).await,
        Err(_) => Err(TokenError::Request("the request is too long")),
    };
    let mut response = match exchanged {
        Ok((token, seconds)) => {
            let mut answer = json!({"access_token": token, "token_type": "Bearer", "scope": "user:full"});
            if seconds > 0 {
                answer["expires_in"] = seconds.into();
            }
            Json(answer).into_response()
        }
        Err(error) => error.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

async fn exchange(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<(String, i64), TokenError> {
    let text = std::str::from_utf8(body).map_err(|_| TokenError::Request("the request is no form"))?;
    let asked = Parameters::parse(text).map_err(|_| TokenError::Request("the parameters cannot be read"))?;
    match asked.get("grant_type") {
        Some("authorization_code") => {}
        Some(_) => return Err(TokenError::GrantType),
        None => return Err(TokenError::Request("grant_type is missing")),
    }
    let client = client(shared, headers, &asked).await?;
    let code = asked.get("code").ok_or(TokenError::Request("code is missing"))?;
    let grant = redeem(shared, code, &client, &asked).await?;
    issue(shared, &client, &grant).await
}

/// Who asks: with a header as `oc` sends it, or in the form.
async fn client(shared: &Shared, headers: &HeaderMap, asked: &Parameters<'_>) -> Result<Object, TokenError> {
    let in_form = || {
        let secret = asked.get("client_secret").unwrap_or_default();
        Some((asked.get("client_id")?.to_owned(), secret.to_owned()))
    };
    let (name, given) = basic_credentials(headers).or_else(in_form).ok_or(TokenError::Client)?;
    let client = shared
        .client(&name)
        .await
        .map_err(TokenError::Api)?
        .ok_or(TokenError::Client)?;
    let secrets = client::secrets(&client);
    // All are compared, so that the time says nothing of which is near.
    let matching = secrets.iter().filter(|secret| secret::same(secret, &given)).count();
    match secrets.is_empty() || matching > 0 {
        true => Ok(client),
        false => Err(TokenError::Client),
    }
}

/// Takes the code out of the world, whether what came with it fits or not, and tells what it was given for.
async fn redeem(shared: &Shared, code: &str, client: &Object, asked: &Parameters<'_>) -> Result<Object, TokenError> {
    let name = secret::token_name(code).ok_or(TokenError::Grant)?;
    let cx = shared.context();
    let grant = found(cx.objects.get(&AUTHORIZE_TOKENS, "", &name).await).map_err(TokenError::Api)?;
    let grant = grant.ok_or(TokenError::Grant)?;
    // Of two who come at once, only one deletes it.
    let deleted = found(cx.objects.delete(&cx, &AUTHORIZE_TOKENS, "", &name).await).map_err(TokenError::Api)?;
    let fits = deleted.is_some()
        && !is_expired(&grant, shared.now())
        && json::text(&grant, "/clientName") == json::text(client, "/metadata/name")
        && json::text(&grant, "/redirectURI") == asked.get("redirect_uri").unwrap_or_default()
        && is_verified(json::text(&grant, "/codeChallenge"), asked.get("code_verifier"));
    fits.then_some(grant).ok_or(TokenError::Grant)
}

/// PKCE with S256, the only method.
fn is_verified(challenge: &str, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        ("", None) => true,
        ("", Some(_)) | (_, None) => false,
        (challenge, Some(verifier)) => secret::same(challenge, &secret::sha256_text(verifier)),
    }
}

async fn issue(shared: &Shared, client: &Object, grant: &Object) -> Result<(String, i64), TokenError> {
    let token = secret::generate();
    let seconds = client::max_age(client).unwrap_or(LIFETIME_SECONDS);
    let mut kept = json!({
        "kind": "OAuthAccessToken",
        "apiVersion": API_VERSION,
        "metadata": {"name": secret::token_name(&token)},
        "expiresIn": seconds,
        "authorizeToken": grant["metadata"]["name"],
    });
    for field in ["clientName", "userName", "userUID", "scopes", "redirectURI"] {
        json::restore(&mut kept, grant, &format!("/{field}"));
    }
    let cx = shared.context();
    cx.objects
        .create(&cx, &ACCESS_TOKENS, kept)
        .await
        .map_err(TokenError::Api)?;
    Ok((token, seconds))
}

impl TokenError {
    fn into_response(self) -> Response {
        let (status, error, why) = match self {
            Self::Request(why) => (StatusCode::BAD_REQUEST, "invalid_request", why),
            Self::GrantType => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "only authorization_code is supported",
            ),
            Self::Grant => (
                StatusCode::BAD_REQUEST,
                "invalid_grant",
                "the code is not valid: it was used, it is older than five minutes, or it belongs to another client, \
                 address or verifier",
            ),
            Self::Client => {
                let answer = Json(json!({"error": "invalid_client", "error_description": "the client is not known"}));
                let challenge = [(WWW_AUTHENTICATE, "Basic realm=\"openshift\"")];
                return (StatusCode::UNAUTHORIZED, challenge, answer).into_response();
            }
            Self::Api(error) => {
                tracing::error!(%error, "a token could not be given");
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "temporarily_unavailable",
                    "the token could not be kept; the server's log says why",
                )
            }
        };
        (status, Json(json!({"error": error, "error_description": why}))).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_fits_its_own_challenge_and_is_not_left_out() {
        // The example of RFC 7636.
        let (challenge, verifier) = (
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        );
        assert!(is_verified(challenge, Some(verifier)));
        assert!(is_verified("", None));
        assert!(!is_verified(challenge, None));
        assert!(!is_verified(challenge, Some(challenge)));
        assert!(!is_verified("", Some(verifier)));
    }
}
