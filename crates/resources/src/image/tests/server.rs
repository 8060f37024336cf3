//! A server of this group alone, and the words to talk to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt;
use weir_apiserver::{
    ApiError, Attributes, Authenticator, Authorizer, Decision, GroupVersionKind, Scope, Server, Strategy, UserInfo,
};
use weir_oci::{Digest, Platform, Reference};
use weir_registry_client::MemoryRegistries;
use weir_store::MemoryStore;

use crate::describe;
use crate::image::{ImageConfig, resources};

pub(super) const HOST: &str = "registry:5000";
/// The user that may do nothing in the namespace `closed`.
pub(super) const GUEST: &str = "guest";

pub(super) struct TestServer {
    server: Server,
    pub registries: Arc<MemoryRegistries>,
    seconds: Arc<AtomicI64>,
}

/// An answer: code and body.
pub(super) type Answer = (u16, Value);

struct Plain;

impl Strategy for Plain {}

struct Nobody;

#[async_trait]
impl Authenticator for Nobody {
    async fn authenticate(&self, _bearer: &str) -> Result<Option<UserInfo>, ApiError> {
        Ok(None)
    }
}

struct ClosedToGuests;

#[async_trait]
impl Authorizer for ClosedToGuests {
    async fn authorize(&self, user: &UserInfo, attributes: &Attributes) -> Decision {
        if user.username == GUEST && attributes.namespace == "closed" {
            return Decision::Deny(String::new());
        }
        Decision::Allow
    }
}

impl TestServer {
    pub(super) async fn start() -> TestServer {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut ImageConfig)) -> TestServer {
        let seconds = Arc::new(AtomicI64::new(1_800_000_000));
        let ticking = seconds.clone();
        let registries = Arc::new(MemoryRegistries::new());
        let mut config = ImageConfig {
            registry_host: HOST.into(),
            public_registry_host: None,
            registries: registries.clone(),
            platform: Platform::new("linux", "arm64"),
            clock: Arc::new(move || Timestamp::from_second(ticking.load(Ordering::Relaxed)).unwrap()),
        };
        change(&mut config);
        let secret = GroupVersionKind {
            group: "",
            version: "v1",
            kind: "Secret",
        };
        let mut served = resources(&config);
        served.push(describe::stored(
            secret,
            "secrets",
            "secret",
            Scope::Namespaced,
            Arc::new(Plain),
        ));
        let server = Server::builder(Arc::new(MemoryStore::new()))
            .resources(served)
            .definitions(crate::definitions().unwrap())
            .authenticator(Arc::new(Nobody))
            .authorizer(Arc::new(ClosedToGuests))
            .version("v1.34.0+test")
            .build()
            .await
            .unwrap();
        TestServer {
            server,
            registries,
            seconds,
        }
    }

    /// Lets a minute pass.
    pub(super) fn tick(&self) {
        self.seconds.fetch_add(60, Ordering::Relaxed);
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.call("admin", "GET", path, Value::Null).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("admin", "POST", path, body).await
    }

    pub(super) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call("admin", "PUT", path, body).await
    }

    pub(super) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call("admin", "PATCH", path, body).await
    }

    pub(super) async fn delete(&self, path: &str, options: Value) -> Answer {
        self.call("admin", "DELETE", path, options).await
    }

    /// The list as a server-side table.
    pub(super) async fn table(&self, path: &str) -> Value {
        self.send(
            "admin",
            "GET",
            path,
            Value::Null,
            "application/json;as=Table;v=v1;g=meta.k8s.io",
        )
        .await
        .1
    }

    pub(super) async fn call(&self, user: &str, method: &str, path: &str, body: Value) -> Answer {
        self.send(user, method, path, body, "application/json").await
    }

    /// `path` is below the group; `images` for example, or `NAMESPACE/imagestreams/NAME`.
    async fn send(&self, user: &str, method: &str, path: &str, body: Value, accept: &str) -> Answer {
        let uri = match path.split_once('/') {
            _ if path.starts_with("images") => format!("/apis/image.openshift.io/v1/{path}"),
            Some((namespace, rest)) if rest.starts_with("secrets") => format!("/api/v1/namespaces/{namespace}/{rest}"),
            Some((namespace, rest)) => format!("/apis/image.openshift.io/v1/namespaces/{namespace}/{rest}"),
            None => path.to_owned(),
        };
        let content_type = if method == "PATCH" {
            "application/merge-patch+json"
        } else {
            "application/json"
        };
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        let user = UserInfo {
            username: user.into(),
            ..UserInfo::default()
        };
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header("content-type", content_type)
            .header("accept", accept)
            .extension(user)
            .body(body)
            .unwrap();
        let response = self.server.router().oneshot(request).await.unwrap();
        let code = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (code, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// A new stream `ns/s` with these spec tags.
    pub(super) async fn stream(&self, tags: Value) -> Value {
        let (code, stream) = self.post("ns/imagestreams", stream("s", tags)).await;
        assert_eq!(code, 201, "{stream}");
        stream
    }

    /// Pushes an image made of `content` to a tag, as the registry tells it. Its digest.
    pub(super) async fn push(&self, path: &str, content: &str) -> String {
        let (namespace, rest) = path.split_once('/').unwrap();
        let (stream, tag) = rest.split_once(':').unwrap();
        let (code, answer) = self
            .post(
                &format!("{namespace}/imagestreammappings"),
                mapping(stream, tag, content),
            )
            .await;
        assert_eq!((code, &answer["status"]), (201, &json!("Success")), "{answer}");
        digest_of(content)
    }
}

pub(super) fn stream(name: &str, tags: Value) -> Value {
    json!({"metadata": {"name": name}, "spec": {"tags": tags}})
}

pub(super) fn external(tag: &str, from: &str) -> Value {
    json!({"name": tag, "from": {"kind": "DockerImage", "name": from}})
}

pub(super) fn pointer(tag: &str, from: &str) -> Value {
    json!({"name": tag, "reference": true, "from": {"kind": "DockerImage", "name": from}})
}

pub(super) fn following(tag: &str, from: &str) -> Value {
    json!({"name": tag, "from": {"kind": "ImageStreamTag", "name": from}})
}

pub(super) fn across(tag: &str, namespace: &str, from: &str) -> Value {
    json!({"name": tag, "from": {"kind": "ImageStreamTag", "namespace": namespace, "name": from}})
}

/// A manifest of one layer and a config, all told apart by `content`.
pub(super) fn manifest(content: &str) -> (String, String) {
    let config = json!({
        "architecture": "amd64", "os": "linux", "created": "2026-01-01T00:00:00Z",
        "config": {"Env": [format!("CONTENT={content}")], "ExposedPorts": {"8080/tcp": {}}},
        "rootfs": {"type": "layers", "diff_ids": []},
    })
    .to_string();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": config.len(), "digest": Digest::sha256_of(config.as_bytes())},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "size": 100, "digest": Digest::sha256_of(content.as_bytes())}],
    });
    (manifest.to_string(), config)
}

pub(super) fn digest_of(content: &str) -> String {
    Digest::sha256_of(manifest(content).0.as_bytes()).to_string()
}

pub(super) fn mapping(stream: &str, tag: &str, content: &str) -> Value {
    let (manifest, config) = manifest(content);
    json!({
        "metadata": {"name": stream}, "tag": tag,
        "image": {
            "metadata": {
                "name": digest_of(content),
                "annotations": {"openshift.io/image.managed": "true", "image.openshift.io/manifestBlobStored": "true"},
            },
            "dockerImageManifest": manifest, "dockerImageConfig": config,
            "dockerImageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
        },
    })
}

/// Puts an image made of `content` into a foreign registry, under a tag if one is given. Its digest.
pub(super) fn publish(registries: &MemoryRegistries, reference: &str, content: &str) -> Digest {
    let reference: Reference = reference.parse().unwrap();
    let (manifest, config) = manifest(content);
    registries.add_blob(&reference, config);
    registries.add_manifest(&reference, reference.tag(), manifest)
}

/// The `items` of a tag's history.
pub(super) fn items<'a>(stream: &'a Value, tag: &str) -> &'a [Value] {
    let histories = stream["status"]["tags"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let history = histories.iter().find(|history| history["tag"] == tag);
    history
        .and_then(|history| history["items"].as_array())
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// The spec entry of a tag.
pub(super) fn wish<'a>(stream: &'a Value, tag: &str) -> &'a Value {
    let tags = stream["spec"]["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    tags.iter().find(|wish| wish["name"] == tag).unwrap_or(&Value::Null)
}
