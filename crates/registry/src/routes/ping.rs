use axum::body::Body;
use http::header::CACHE_CONTROL;
use http::{Request, StatusCode};

use crate::Registry;
use crate::answer::{Answer, empty, json, set};

/// `GET /` and `/healthz`: the process answers.
pub(super) fn health() -> Answer {
    let mut response = empty(StatusCode::OK);
    set(&mut response, CACHE_CONTROL, "no-cache")?;
    Ok(response)
}

/// `GET /v2/`: yes, this is a registry, and you are known.
pub(super) async fn version(registry: &Registry, request: Request<Body>) -> Answer {
    registry.identified(request.headers()).await?;
    json(&serde_json::json!({}))
}
