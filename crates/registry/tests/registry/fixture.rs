//! A registry with everything in memory, and a client for it.

use std::sync::Arc;

use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use weir_blobstore::{BlobStore, MemoryStore};
use weir_oci::{Digest, ManifestType, RepositoryName, config_types, layer_types};
use weir_registry::{MemoryStreams, Registry, RegistryConfig};

pub const ADMIN: &str = "admin-token";

pub struct Fixture {
    pub streams: Arc<MemoryStreams>,
    pub blobs: Arc<dyn BlobStore>,
    pub registry: Registry,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

pub fn fixture() -> Fixture {
    let streams = Arc::new(MemoryStreams::new());
    streams.add_admin(ADMIN);
    let blobs: Arc<dyn BlobStore> = Arc::new(MemoryStore::new());
    let registry = Registry::new(
        RegistryConfig::default(),
        blobs.clone(),
        streams.clone(),
        streams.clone(),
    );
    Fixture {
        streams,
        blobs,
        registry,
    }
}

pub fn repository(name: &str) -> RepositoryName {
    name.parse().unwrap()
}

impl Fixture {
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.registry.router().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Reply {
            status: head.status,
            headers: head.headers,
            body,
        }
    }

    /// A request with a token and without body.
    pub async fn call(&self, token: &str, method: Method, path: &str) -> Reply {
        self.send(request(token, method, path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(ADMIN, Method::GET, path).await
    }

    /// Uploads a blob in one request.
    pub async fn push_blob(&self, token: &str, repository: &str, content: &[u8]) -> Digest {
        let digest = Digest::sha256_of(content);
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        let body = Body::from(content.to_vec());
        let reply = self
            .send(
                request(token, Method::POST, &path)
                    .header("content-length", content.len())
                    .body(body)
                    .unwrap(),
            )
            .await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
        digest
    }

    pub async fn put_manifest(&self, token: &str, repository: &str, reference: &str, manifest: &Value) -> Reply {
        let path = format!("/v2/{repository}/manifests/{reference}");
        let media_type = manifest["mediaType"].as_str().unwrap();
        let request = request(token, Method::PUT, &path).header("content-type", media_type);
        self.send(request.body(Body::from(manifest.to_string())).unwrap()).await
    }

    /// Pushes an image of one layer, by tag, and returns its manifest.
    pub async fn push_image(&self, token: &str, repository: &str, tag: &str, layer: &str) -> Value {
        let manifest = self.push_content(token, repository, layer).await;
        let reply = self.put_manifest(token, repository, tag, &manifest).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
        manifest
    }

    /// Pushes config and layer of an image, and returns its manifest.
    pub async fn push_content(&self, token: &str, repository: &str, layer: &str) -> Value {
        let config = format!("{{\"architecture\":\"amd64\",\"os\":\"linux\",\"author\":\"{layer}\"}}");
        self.push_blob(token, repository, config.as_bytes()).await;
        self.push_blob(token, repository, layer.as_bytes()).await;
        image(&config, &[layer])
    }
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks status and error code together.
    #[track_caller]
    pub fn assert_error(&self, status: u16, code: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.json()["errors"][0]["code"], code);
        assert_eq!(self.header("docker-distribution-api-version"), "registry/2.0");
    }
}

pub fn request(token: &str, method: Method, path: &str) -> http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
}

pub fn descriptor(media_type: &str, content: &str) -> Value {
    json!({"mediaType": media_type, "digest": Digest::sha256_of(content.as_bytes()), "size": content.len()})
}

pub fn image(config: &str, layers: &[&str]) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": ManifestType::OciManifest.as_str(),
        "config": descriptor(config_types::OCI, config),
        "layers": layers.iter().map(|layer| descriptor(layer_types::OCI_TAR, layer)).collect::<Vec<_>>(),
    })
}

pub fn index(manifests: &[&Value]) -> Value {
    let entry = |manifest: &&Value| descriptor(manifest["mediaType"].as_str().unwrap(), &manifest.to_string());
    json!({
        "schemaVersion": 2,
        "mediaType": ManifestType::OciIndex.as_str(),
        "manifests": manifests.iter().map(entry).collect::<Vec<_>>(),
    })
}

pub fn digest_of(manifest: &Value) -> Digest {
    Digest::sha256_of(manifest.to_string().as_bytes())
}
