//! OpenAPI v3: one document per group and version, made of what is served and of the definitions of its kinds.
//!
//! ```text
//! operations   what can be done where: paths, parameters, bodies, answers
//! components   the schemas these refer to, and all that those refer to
//! annotations  how lists merge, written into the schemas
//! ```
//!
//! All documents are made when the first client asks for one: the index names the hash of each.

mod annotations;
mod components;
mod operations;
mod parameters;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

use super::{Document, VersionInfo};
use crate::catalog::Served;
use crate::context::Query;
use crate::core::Core;
use crate::{ApiError, query};

use components::Components;

pub(super) struct OpenApi {
    version: String,
    made: OnceCell<Documents>,
}

struct Documents {
    index: Document,
    /// By path, such as `apis/image.openshift.io/v1`.
    by_path: BTreeMap<String, Document>,
}

impl OpenApi {
    pub fn new(version: &VersionInfo) -> Self {
        Self {
            version: version.git_version.clone(),
            made: OnceCell::new(),
        }
    }
}

pub(super) async fn index(core: &Arc<Core>, headers: &HeaderMap) -> Result<Response<Body>, ApiError> {
    Ok(documents(core).await?.index.answer(headers))
}

pub(super) async fn document(
    core: &Arc<Core>,
    path: &str,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Response<Body>, ApiError> {
    let documents = documents(core).await?;
    let document = documents.by_path.get(path).ok_or_else(ApiError::no_such_path)?;
    match query::text(query, "hash") {
        None => return Ok(document.answer(headers)),
        Some(hash) if hash != document.hash => return moved(path, document),
        Some(_) => {}
    }
    let year = core.now().saturating_add(jiff::SignedDuration::from_hours(365 * 24));
    let expires = year
        .map(|time| time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .ok();
    match expires.and_then(|time| HeaderValue::try_from(time).ok()) {
        Some(expires) => Ok(document.answer_for_good(headers, expires)),
        None => Ok(document.answer(headers)),
    }
}

/// Answers a client that knows the address of an older document.
fn moved(path: &str, document: &Document) -> Result<Response<Body>, ApiError> {
    let response = Response::builder().status(StatusCode::MOVED_PERMANENTLY);
    let response = response.header(LOCATION, address(path, document));
    response.body(Body::empty()).map_err(ApiError::internal)
}

/// Where a document is as long as it does not change.
fn address(path: &str, document: &Document) -> String {
    format!("/openapi/v3/{path}?hash={}", document.hash)
}

/// The documents, made at the first call. It takes tens of milliseconds, so not on a thread that answers others.
async fn documents(core: &Arc<Core>) -> Result<&Documents, ApiError> {
    let making = || async {
        let core = core.clone();
        let made = tokio::task::spawn_blocking(move || make(&core)).await;
        made.map_err(ApiError::internal)?
    };
    core.descriptions.openapi.made.get_or_try_init(making).await
}

fn make(core: &Core) -> Result<Documents, ApiError> {
    let mut by_path: BTreeMap<String, Vec<&Served>> = BTreeMap::new();
    for served in &core.catalog.served {
        by_path.entry(path_of(served)).or_default().push(served);
    }
    let mut schemas = core.definitions.schemas().map_err(ApiError::internal)?;
    for served in &core.catalog.served {
        annotations::write(&mut schemas, core.definitions.tree(), served);
    }
    let by_path: BTreeMap<String, Document> = by_path
        .into_iter()
        .map(|(path, served)| {
            let document = Document::json(&assemble(core, &schemas, &path, &served));
            (path, document)
        })
        .collect();
    let paths: Map<String, Value> = by_path
        .iter()
        .map(|(path, document)| (path.clone(), json!({"serverRelativeURL": address(path, document)})))
        .collect();
    Ok(Documents {
        index: Document::json(&json!({"paths": paths})),
        by_path,
    })
}

/// `api/v1` or `apis/GROUP/VERSION`.
fn path_of(served: &Served) -> String {
    let kind = served.kind();
    match kind.group {
        "" => format!("api/{}", kind.version),
        group => format!("apis/{group}/{}", kind.version),
    }
}

fn assemble(core: &Core, schemas: &Map<String, Value>, path: &str, served: &[&Served]) -> Value {
    let mut components = Components::new(schemas, core.definitions.tree());
    let mut paths = Map::new();
    for served in served {
        operations::add(path, served, &mut components, &mut paths);
    }
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Weir", "version": core.descriptions.openapi.version},
        "paths": paths,
        "components": {
            "schemas": components.finish(),
            "securitySchemes": {"BearerToken": {
                "type": "apiKey", "in": "header", "name": "authorization", "description": "A bearer token",
            }},
        },
    })
}
