//! What the server says of itself: discovery, OpenAPI, version, health, metrics. Made once: at the start, or when the
//! first client asks for what is large.

mod discovery;
mod health;
mod openapi;
mod version;

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, EXPIRES, HeaderMap, HeaderValue, IF_NONE_MATCH, VARY};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use sha2::{Digest, Sha256};

use crate::ApiError;
use crate::catalog::Catalog;
use crate::context::Query;
use crate::core::Core;
use crate::gzip;
use crate::request_info::method_not_allowed;

pub use health::ReadyCheck;
pub use version::VersionInfo;

use discovery::Discovery;
use openapi::OpenApi;

pub(crate) struct Descriptions {
    version: Document,
    discovery: Discovery,
    openapi: OpenApi,
    checks: Vec<ReadyCheck>,
}

impl Descriptions {
    pub fn new(catalog: &Catalog, version: &VersionInfo, checks: Vec<ReadyCheck>) -> Self {
        Self {
            version: Document::json(&version.to_value()),
            discovery: Discovery::new(catalog),
            openapi: OpenApi::new(version),
            checks,
        }
    }
}

/// Answers everything that is not a resource.
pub(crate) async fn serve(
    core: &Arc<Core>,
    path: &str,
    query: &Query,
    request: &Parts,
) -> Result<Response<Body>, ApiError> {
    let headers = &request.headers;
    let segments: Vec<&str> = path.split('/').skip(1).filter(|segment| !segment.is_empty()).collect();
    let known = !matches!(segments.as_slice(), [] | [".well-known", ..]);
    if known && !matches!(request.method, Method::GET | Method::HEAD) {
        return Err(method_not_allowed());
    }
    let about = &core.descriptions;
    match segments.as_slice() {
        [] => Ok(about.discovery.root.answer(headers)),
        ["version"] => Ok(about.version.answer(headers)),
        ["healthz" | "livez", rest @ ..] => health::live(rest),
        ["readyz", rest @ ..] => health::ready(core, &about.checks, rest, query),
        ["metrics"] => metrics(core),
        ["api"] => Ok(about.discovery.core(headers)),
        ["apis"] => Ok(about.discovery.groups(headers)),
        ["api", version] => about.discovery.resources("", version, headers),
        ["apis", group] => about.discovery.group(group, headers),
        ["apis", group, version] => about.discovery.resources(group, version, headers),
        ["openapi", "v3"] => openapi::index(core, headers).await,
        ["openapi", "v3", rest @ ..] => openapi::document(core, &rest.join("/"), query, headers).await,
        _ => Err(ApiError::no_such_path()),
    }
}

fn metrics(core: &Core) -> Result<Response<Body>, ApiError> {
    let text = core
        .metrics
        .render(core.in_flight.watches())
        .map_err(ApiError::internal)?;
    let mut response = Response::new(Body::from(text));
    let content_type = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    Ok(response)
}

/// Smallest document that is sent packed: below it, the headers are most of the answer.
const WORTH_PACKING: usize = 1 << 10;

/// A fixed answer with the hash of its content, so that clients ask once.
pub(crate) struct Document {
    content_type: HeaderValue,
    body: Bytes,
    /// The body for clients that unpack it, made for the first of them.
    packed: OnceLock<Bytes>,
    pub hash: String,
    etag: HeaderValue,
}

impl Document {
    pub fn json(value: &serde_json::Value) -> Self {
        Self::new(HeaderValue::from_static("application/json"), value.to_string())
    }

    pub fn new(content_type: HeaderValue, body: String) -> Self {
        let hash = hex::encode(Sha256::digest(&body)).to_ascii_uppercase();
        let etag = HeaderValue::try_from(format!("\"{hash}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"\""));
        Self {
            content_type,
            body: Bytes::from(body),
            packed: OnceLock::new(),
            hash,
            etag,
        }
    }

    /// 304 for a client that has it already.
    pub fn answer(&self, headers: &HeaderMap) -> Response<Body> {
        let known = headers
            .get_all(IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok());
        let unchanged = known
            .flat_map(|value| value.split(','))
            .any(|tag| tag.trim().as_bytes() == self.etag.as_bytes());
        let mut response = match unchanged {
            true => Response::builder()
                .status(StatusCode::NOT_MODIFIED)
                .body(Body::empty())
                .unwrap_or_default(),
            false => Response::new(Body::from(self.body.clone())),
        };
        if let Some(packed) = self.packed(headers).filter(|_| !unchanged) {
            *response.body_mut() = Body::from(packed);
            gzip::mark(response.headers_mut());
        }
        let answer = response.headers_mut();
        answer.insert(ETAG, self.etag.clone());
        answer.append(VARY, HeaderValue::from_static("Accept"));
        answer.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
        if !unchanged {
            answer.insert(CONTENT_TYPE, self.content_type.clone());
        }
        response
    }

    fn packed(&self, headers: &HeaderMap) -> Option<Bytes> {
        if self.body.len() < WORTH_PACKING || !gzip::is_accepted(headers) {
            return None;
        }
        if let Some(packed) = self.packed.get() {
            return Some(packed.clone());
        }
        // Writing to memory does not fail; if it did, the plain form is as good.
        let packed = gzip::pack(&self.body).ok()?;
        Some(self.packed.get_or_init(|| packed).clone())
    }

    /// For an address that names the hash: kept for good.
    pub fn answer_for_good(&self, headers: &HeaderMap, expires: HeaderValue) -> Response<Body> {
        let mut response = self.answer(headers);
        response
            .headers_mut()
            .insert(CACHE_CONTROL, HeaderValue::from_static("public, immutable"));
        response.headers_mut().insert(EXPIRES, expires);
        response
    }
}
