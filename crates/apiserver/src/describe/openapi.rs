//! OpenAPI v3: one document per group and version, generated from what is served. Objects are open: the documents say
//! which kinds there are, where they live, and what can be done with them.
//!
//! Strategic merge patches are served but not named here: clients that see them named compute them from these schemas,
//! which takes a schema of every field. They fall back to merge patches when they are not.

mod operations;
mod schemas;

use std::collections::{BTreeMap, HashMap};

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Response};
use serde_json::{Map, Value, json};

use super::{Document, VersionInfo};
use crate::catalog::{Catalog, Served};
use crate::context::Query;
use crate::{ApiError, query};

pub(super) struct OpenApi {
    index: Document,
    /// By path, such as `apis/image.openshift.io/v1`.
    documents: HashMap<String, Document>,
}

impl OpenApi {
    pub fn new(catalog: &Catalog, version: &VersionInfo) -> Self {
        let mut by_path: BTreeMap<String, Vec<&Served>> = BTreeMap::new();
        for served in &catalog.served {
            by_path.entry(path_of(served)).or_default().push(served);
        }
        let documents: HashMap<String, Document> = by_path
            .into_iter()
            .map(|(path, served)| {
                let document = Document::json(&document(&path, &served, version));
                (path, document)
            })
            .collect();
        let paths: Map<String, Value> = documents
            .iter()
            .map(|(path, document)| {
                let url = format!("/openapi/v3/{path}?hash={}", document.hash);
                (path.clone(), json!({"serverRelativeURL": url}))
            })
            .collect();
        Self {
            index: Document::json(&json!({"paths": paths})),
            documents,
        }
    }

    pub fn index(&self, headers: &HeaderMap) -> Response<Body> {
        self.index.answer(headers)
    }

    pub fn document(&self, path: &str, query: &Query, headers: &HeaderMap) -> Result<Response<Body>, ApiError> {
        let document = self.documents.get(path).ok_or_else(ApiError::no_such_path)?;
        if query::text(query, "hash") != Some(&document.hash) {
            return Ok(document.answer(headers));
        }
        let year = jiff::Timestamp::now().saturating_add(jiff::SignedDuration::from_hours(365 * 24));
        let expires = year
            .map(|time| time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
            .ok();
        match expires.and_then(|time| HeaderValue::try_from(time).ok()) {
            Some(expires) => Ok(document.answer_for_good(headers, expires)),
            None => Ok(document.answer(headers)),
        }
    }
}

/// `api/v1` or `apis/GROUP/VERSION`.
fn path_of(served: &Served) -> String {
    let kind = served.kind();
    match kind.group {
        "" => format!("api/{}", kind.version),
        group => format!("apis/{group}/{}", kind.version),
    }
}

fn document(path: &str, served: &[&Served], version: &VersionInfo) -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for served in served {
        operations::add(path, served, &mut paths);
        schemas::add(served, &mut schemas);
    }
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Weir", "version": version.git_version},
        "paths": paths,
        "components": {"schemas": schemas},
    })
}
