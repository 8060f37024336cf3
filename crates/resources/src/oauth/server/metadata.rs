use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use http::header::{CACHE_CONTROL, VARY};
use serde_json::json;

use super::Shared;

/// Where everything is (RFC 8414).
pub(super) async fn get(State(shared): State<Arc<Shared>>, request: Request) -> impl IntoResponse {
    let (request, _) = request.into_parts();
    let issuer = shared.issuers.of(&request);
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth/authorize"),
        "token_endpoint": format!("{issuer}/oauth/token"),
        "scopes_supported": ["user:full"],
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "code_challenge_methods_supported": ["S256"],
    });
    ([(CACHE_CONTROL, "no-store"), (VARY, "Host")], Json(metadata))
}
