//! The smallest registry that engines push to and pull from, in memory.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use sha2::{Digest, Sha256};

/// Larger than any blob of these tests.
const MAX_BLOB: usize = 64 << 20;

#[derive(Default)]
struct Content {
    blobs: HashMap<String, Bytes>,
    /// By `repository@digest` and `repository:tag`; media type and bytes.
    manifests: HashMap<String, (String, Bytes)>,
    uploads: HashMap<String, Vec<u8>>,
}

type Shared = Arc<Mutex<Content>>;

pub struct Registry {
    address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Registry {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let router = Router::new().fallback(serve).with_state(Shared::default());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("serving") });
        Self { address, task }
    }

    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(State(content): State<Shared>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAX_BLOB).await.expect("a small blob");
    let path = head.uri.path().to_owned();
    let digest = query(head.uri.query(), "digest");
    let mut content = content.lock().expect("no panic while locked");
    let Some(rest) = path.strip_prefix("/v2/") else {
        return status(StatusCode::NOT_FOUND);
    };
    if rest.is_empty() {
        return status(StatusCode::OK);
    }
    if let Some((repository, upload)) = rest.split_once("/blobs/uploads/") {
        return uploads(&mut content, &head.method, repository, upload, digest, &body);
    }
    if let Some((_, digest)) = rest.split_once("/blobs/") {
        return content.blobs.get(digest).map_or_else(
            || status(StatusCode::NOT_FOUND),
            |bytes| answer("application/octet-stream", digest, bytes, &head.method),
        );
    }
    if let Some((repository, reference)) = rest.split_once("/manifests/") {
        return manifests(&mut content, &head.method, &head.headers, repository, reference, body);
    }
    status(StatusCode::NOT_FOUND)
}

fn uploads(
    content: &mut Content,
    method: &Method,
    repository: &str,
    upload: &str,
    digest: Option<String>,
    body: &Bytes,
) -> Response {
    if *method == Method::POST {
        let upload = format!("{}", content.uploads.len() + content.blobs.len() + 1);
        content.uploads.insert(upload.clone(), Vec::new());
        return accepted(repository, &upload, 0);
    }
    let Some(buffer) = content.uploads.get_mut(upload) else {
        return status(StatusCode::NOT_FOUND);
    };
    buffer.extend_from_slice(body);
    if *method == Method::PATCH {
        let length = buffer.len();
        return accepted(repository, upload, length);
    }
    let bytes = Bytes::from(content.uploads.remove(upload).unwrap_or_default());
    let actual = digest_of(&bytes);
    if digest.as_deref() != Some(&actual) {
        return status(StatusCode::BAD_REQUEST);
    }
    content.blobs.insert(actual.clone(), bytes);
    created(&actual)
}

fn manifests(
    content: &mut Content,
    method: &Method,
    headers: &HeaderMap,
    repository: &str,
    reference: &str,
    body: Bytes,
) -> Response {
    let key = |reference: &str| {
        let separator = if reference.contains(':') { '@' } else { ':' };
        format!("{repository}{separator}{reference}")
    };
    if *method == Method::PUT {
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let digest = digest_of(&body);
        content.manifests.insert(key(&digest), (kind.to_owned(), body.clone()));
        content.manifests.insert(key(reference), (kind.to_owned(), body));
        return created(&digest);
    }
    match content.manifests.get(&key(reference)) {
        Some((kind, bytes)) => answer(kind, &digest_of(bytes), bytes, method),
        None => {
            let error = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#;
            let builder = Response::builder().status(StatusCode::NOT_FOUND);
            builder
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(error))
                .expect("valid")
        }
    }
}

fn answer(kind: &str, digest: &str, bytes: &Bytes, method: &Method) -> Response {
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        Body::from(bytes.clone())
    };
    Response::builder()
        .header(header::CONTENT_TYPE, kind)
        .header(header::CONTENT_LENGTH, bytes.len())
        .header("Docker-Content-Digest", digest)
        .body(body)
        .expect("valid")
}

fn accepted(repository: &str, upload: &str, length: usize) -> Response {
    Response::builder()
        .status(StatusCode::ACCEPTED)
        .header(header::LOCATION, format!("/v2/{repository}/blobs/uploads/{upload}"))
        .header(header::RANGE, format!("0-{}", length.saturating_sub(1)))
        .header("Docker-Upload-UUID", upload)
        .body(Body::empty())
        .expect("valid")
}

fn created(digest: &str) -> Response {
    Response::builder()
        .status(StatusCode::CREATED)
        .header(header::LOCATION, "/v2/")
        .header("Docker-Content-Digest", digest)
        .body(Body::empty())
        .expect("valid")
}

fn status(status: StatusCode) -> Response {
    Response::builder().status(status).body(Body::empty()).expect("valid")
}

fn query(query: Option<&str>, name: &str) -> Option<String> {
    let pair = query?
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(pair.replace("%3A", ":").replace("%3a", ":"))
}

fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}
