use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use weir_oci::Digest;

/// An OCI registry in memory, on a port of its own. It takes pushes only with credentials.
#[derive(Clone)]
pub struct Registry {
    pub address: SocketAddr,
    content: Arc<Mutex<Content>>,
}

#[derive(Default)]
struct Content {
    blobs: HashMap<String, Vec<u8>>,
    uploads: HashMap<String, Vec<u8>>,
    /// By repository and tag or digest.
    manifests: HashMap<(String, String), (String, Vec<u8>)>,
    /// What clients said who they are.
    authorizations: Vec<String>,
}

impl Registry {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let registry = Self {
            address: listener.local_addr().unwrap(),
            content: Arc::default(),
        };
        let router = Router::new().fallback(handle).with_state(registry.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        registry
    }

    pub fn manifest(&self, repository: &str, tag: &str) -> Option<Value> {
        let content = self.lock();
        let (_, bytes) = content.manifests.get(&(repository.to_owned(), tag.to_owned()))?;
        serde_json::from_slice(bytes).ok()
    }

    pub fn digest(&self, repository: &str, tag: &str) -> Option<String> {
        let content = self.lock();
        let (_, bytes) = content.manifests.get(&(repository.to_owned(), tag.to_owned()))?;
        Some(Digest::sha256_of(bytes).to_string())
    }

    pub fn blob(&self, digest: &str) -> Option<Vec<u8>> {
        self.lock().blobs.get(digest).cloned()
    }

    pub fn authorizations(&self) -> Vec<String> {
        self.lock().authorizations.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

async fn handle(State(registry): State<Registry>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Some(authorization) = head.headers.get(header::AUTHORIZATION) else {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"test\"")];
        return (StatusCode::UNAUTHORIZED, challenge, "{}").into_response();
    };
    registry
        .lock()
        .authorizations
        .push(authorization.to_str().unwrap().to_owned());
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    let path = head.uri.path().trim_start_matches("/v2/").to_owned();
    if path.is_empty() || head.uri.path() == "/v2/" {
        return StatusCode::OK.into_response();
    }
    if let Some((repository, _)) = path.split_once("/blobs/uploads/") {
        return registry.upload(
            &head.method,
            repository,
            &path,
            head.uri.query().unwrap_or_default(),
            body,
        );
    }
    if let Some((_, digest)) = path.split_once("/blobs/") {
        return match registry.blob(digest) {
            Some(blob) => sized(&head.method, blob, "application/octet-stream", digest),
            None => StatusCode::NOT_FOUND.into_response(),
        };
    }
    if let Some((repository, name)) = path.split_once("/manifests/") {
        let kind = head
            .headers
            .get(header::CONTENT_TYPE)
            .map(|kind| kind.to_str().unwrap().to_owned());
        return registry.manifests(&head.method, repository, name, kind, body);
    }
    StatusCode::NOT_FOUND.into_response()
}

impl Registry {
    fn upload(&self, method: &Method, repository: &str, path: &str, query: &str, body: Vec<u8>) -> Response {
        let mut content = self.lock();
        let id = path.rsplit('/').next().unwrap().to_owned();
        match *method {
            Method::POST => {
                let id = format!("u{}", content.uploads.len() + content.blobs.len());
                content.uploads.insert(id.clone(), Vec::new());
                let location = [(header::LOCATION, format!("/v2/{repository}/blobs/uploads/{id}"))];
                (StatusCode::ACCEPTED, location).into_response()
            }
            Method::PATCH => {
                content.uploads.entry(id.clone()).or_default().extend(body);
                let length = content.uploads[&id].len();
                let headers = [
                    (header::LOCATION, format!("/v2/{path}")),
                    (header::RANGE, format!("0-{}", length.saturating_sub(1))),
                ];
                (StatusCode::ACCEPTED, headers).into_response()
            }
            Method::PUT => {
                let mut bytes = content.uploads.remove(&id).unwrap_or_default();
                bytes.extend(body);
                let digest = url::form_urlencoded::parse(query.as_bytes())
                    .find(|(key, _)| key == "digest")
                    .unwrap()
                    .1
                    .into_owned();
                if Digest::sha256_of(&bytes).to_string() != digest {
                    return StatusCode::BAD_REQUEST.into_response();
                }
                content.blobs.insert(digest.clone(), bytes);
                let location = [(header::LOCATION, format!("/v2/{repository}/blobs/{digest}"))];
                (StatusCode::CREATED, location).into_response()
            }
            _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        }
    }

    fn manifests(
        &self,
        method: &Method,
        repository: &str,
        name: &str,
        kind: Option<String>,
        body: Vec<u8>,
    ) -> Response {
        let mut content = self.lock();
        if *method == Method::PUT {
            let digest = Digest::sha256_of(&body).to_string();
            let entry = (kind.unwrap_or_default(), body);
            content
                .manifests
                .insert((repository.to_owned(), name.to_owned()), entry.clone());
            content.manifests.insert((repository.to_owned(), digest.clone()), entry);
            let headers = [("docker-content-digest", digest)];
            return (StatusCode::CREATED, headers).into_response();
        }
        match content
            .manifests
            .get(&(repository.to_owned(), name.to_owned()))
            .cloned()
        {
            Some((kind, bytes)) => {
                let digest = Digest::sha256_of(&bytes).to_string();
                sized(method, bytes, &kind, &digest)
            }
            None => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

fn sized(method: &Method, bytes: Vec<u8>, kind: &str, digest: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE.as_str(), kind.to_owned()),
        (header::CONTENT_LENGTH.as_str(), bytes.len().to_string()),
        ("docker-content-digest", digest.to_owned()),
    ];
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        Body::from(bytes)
    };
    (StatusCode::OK, headers, body).into_response()
}
