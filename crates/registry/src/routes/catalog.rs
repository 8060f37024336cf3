use axum::body::Body;
use http::Request;
use http::header::LINK;
use serde_json::json;

use crate::Registry;
use crate::access::Action;
use crate::answer::{Answer, json, set};
use crate::page::Page;

/// Repositories in an answer when the client does not say how many it wants.
const DEFAULT_PAGE: usize = 100;

/// `GET /v2/_catalog`
pub(super) async fn list(registry: &Registry, request: Request<Body>) -> Answer {
    let caller = registry.authorized(request.headers(), &[Action::ListStreams]).await?;
    let page = Page::from_query(&super::query(&request), DEFAULT_PAGE)?;
    let part = page.cut(registry.streams().repositories(&caller).await?, "/v2/_catalog");
    let mut response = json(&json!({"repositories": part.names}))?;
    if let Some(next) = part.next {
        set(&mut response, LINK, &next)?;
    }
    Ok(response)
}
