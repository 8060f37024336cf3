use axum::body::Body;
use http::Request;
use http::header::LINK;
use serde_json::json;
use weir_oci::RepositoryName;

use crate::Registry;
use crate::access::Action;
use crate::answer::{Answer, json, set};
use crate::page::Page;

/// Tags in an answer when the client does not say how many it wants.
const DEFAULT_PAGE: usize = 1_000;

/// `GET /v2/NAME/tags/list`
pub(super) async fn list(registry: &Registry, request: Request<Body>, repository: RepositoryName) -> Answer {
    registry
        .authorized(request.headers(), &[Action::Pull(repository.clone())])
        .await?;
    let page = Page::from_query(&super::query(&request), DEFAULT_PAGE)?;
    let tags = registry.streams().tags(&repository).await?;
    let names = tags.into_iter().map(|tag| tag.to_string()).collect();
    let part = page.cut(names, &format!("/v2/{repository}/tags/list"));
    let mut response = json(&json!({"name": repository.as_str(), "tags": part.names}))?;
    if let Some(next) = part.next {
        set(&mut response, LINK, &next)?;
    }
    Ok(response)
}
