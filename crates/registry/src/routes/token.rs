use axum::body::Body;
use http::{Request, Response, StatusCode};
use serde_json::json;

use crate::Registry;
use crate::answer::{Answer, empty, json};
use crate::authentication::{Credentials, credentials};
use crate::token::{ANONYMOUS, Caller};

/// `GET /openshift/token`: gives clients that insist on a token the one they came with. It is worth what the API lets it
/// do, checked again with every request; the scope that is asked for changes nothing.
pub(super) async fn issue(registry: &Registry, request: Request<Body>) -> Answer {
    match credentials(request.headers()) {
        Credentials::Absent | Credentials::Caller(Caller::Anonymous) => echo(ANONYMOUS),
        Credentials::Undecodable => Ok(unauthorized()),
        Credentials::Caller(caller) => match &caller {
            Caller::Token(token) if registry.is_valid(&caller).await? => echo(token.reveal()),
            _ => Ok(unauthorized()),
        },
    }
}

fn echo(token: &str) -> Answer {
    json(&json!({"token": token, "access_token": token}))
}

fn unauthorized() -> Response<Body> {
    empty(StatusCode::UNAUTHORIZED)
}
