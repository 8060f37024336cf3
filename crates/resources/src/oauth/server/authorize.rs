mod code;
mod request;

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use url::Url;

use super::login::{Claim, LoginError, source};
use super::parameters::Parameters;
use super::{Shared, pages};
use request::{AuthorizeRequest, Refusal};

/// Only a program sets it: a browser does not send it along from another site, so that a browser never answers the
/// challenge for its user.
const CSRF_HEADER: &str = "x-csrf-token";
const CHALLENGE: HeaderValue = HeaderValue::from_static("Basic realm=\"openshift\"");
/// A name, a password and a token.
const MAX_FORM_BYTES: usize = 16 << 10;
/// When a client that was sent away may come back.
const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("2");

/// A client asks for a code: with the user's name and password if it is a program that asks its user for them, else a
/// form asks.
pub(super) async fn get(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let asked = match AuthorizeRequest::read(&shared, &head).await {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    if !asked.challenges {
        return pages::login_form(&asked.form(None), &head);
    }
    if !head.headers.contains_key(CSRF_HEADER) {
        return plain(
            StatusCode::UNAUTHORIZED,
            "A non-empty X-CSRF-Token header is required to receive basic-auth challenges.\n",
        );
    }
    let Some(claim) = basic(&head) else {
        return challenge();
    };
    match shared.logins.login(&shared.context(), &claim).await {
        Ok(_) if asked.needs_consent => asked.refused("access_denied", "the user has to agree in a browser"),
        Ok(user) => send_code(&shared, &asked, &user).await,
        Err(LoginError::Wrong) => challenge(),
        Err(error) => trouble(&error),
    }
}

/// The form comes back.
pub(super) async fn post(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let asked = match AuthorizeRequest::read(&shared, &head).await {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    let Ok(body) = to_bytes(body, MAX_FORM_BYTES).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, "The form is too long.\n");
    };
    let text = std::str::from_utf8(&body).unwrap_or_default();
    let Ok(form) = Parameters::parse(text) else {
        return plain(StatusCode::BAD_REQUEST, "The form cannot be read.\n");
    };
    if !pages::is_own_form(&head, form.get(pages::CSRF_FIELD).unwrap_or_default()) {
        return pages::login_form(&asked.form(Some("The form was too old. Please try again.")), &head);
    }
    let claim = Claim {
        user: form.get("username").unwrap_or_default().to_owned(),
        password: form.get("password").unwrap_or_default().to_owned(),
        source: source(&head.extensions),
    };
    match shared.logins.login(&shared.context(), &claim).await {
        Ok(user) => send_code(&shared, &asked, &user).await,
        Err(LoginError::Wrong) => pages::login_form(
            &asked.form(Some("The name or the password is wrong. Please try again.")),
            &head,
        ),
        Err(error) => trouble(&error),
    }
}

async fn send_code(shared: &Shared, asked: &AuthorizeRequest, user: &super::provision::KnownUser) -> Response {
    match code::issue(shared, asked, user).await {
        Ok(code) => redirect(&asked.answer(&[("code", &code)])),
        Err(error) => trouble(&LoginError::Api(error)),
    }
}

/// `Authorization: Basic`.
fn basic(head: &Parts) -> Option<Claim> {
    let (user, password) = basic_credentials(&head.headers)?;
    Some(Claim {
        user,
        password,
        source: source(&head.extensions),
    })
}

pub(super) fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, value) = header.split_once(' ')?;
    let decoded = scheme
        .eq_ignore_ascii_case("basic")
        .then(|| STANDARD.decode(value.trim()))?;
    let text = String::from_utf8(decoded.ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

fn challenge() -> Response {
    let mut response = plain(StatusCode::UNAUTHORIZED, "Unauthorized\n");
    response.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
    response
}

/// What went wrong is for the log; whoever asks has not said who he is.
fn trouble(error: &LoginError) -> Response {
    match error {
        LoginError::Wrong => challenge(),
        LoginError::TooMany => {
            let mut response = plain(
                StatusCode::TOO_MANY_REQUESTS,
                "Too many logins at once, please try again later.\n",
            );
            response.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS);
            response
        }
        LoginError::Api(error) if error.code == 403 => plain(StatusCode::FORBIDDEN, &format!("{}\n", error.message)),
        LoginError::Provider(_) | LoginError::Api(_) => {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "a login could not be carried out"
            );
            plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "The login could not be carried out; the server's log says why.\n",
            )
        }
    }
}

fn plain(status: StatusCode, text: &str) -> Response {
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    (status, headers, text.to_owned()).into_response()
}

fn redirect(to: &Url) -> Response {
    let mut response = StatusCode::FOUND.into_response();
    let headers = response.headers_mut();
    match HeaderValue::try_from(to.as_str()) {
        Ok(location) => headers.insert(LOCATION, location),
        Err(_) => {
            return plain(
                StatusCode::BAD_REQUEST,
                "The address of the client cannot be written.\n",
            );
        }
    };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    pages::protect(headers);
    response
}

impl Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Page(why) => plain(StatusCode::BAD_REQUEST, &format!("{why}\n")),
            Self::Client(to) => redirect(&to),
            Self::Api(error) => trouble(&LoginError::Api(error)),
        }
    }
}

impl AuthorizeRequest {
    fn refused(&self, error: &str, why: &str) -> Response {
        redirect(&self.answer(&[("error", error), ("error_description", why)]))
    }
}
