//! A client that speaks to the router without a socket.

use std::io::Read;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt;
use weir_apiserver::{Server, ServerBuilder, UserInfo};
use weir_store::MemoryStore;

use super::toy;

pub const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
pub const MERGE: &str = "application/merge-patch+json";
pub const STRATEGIC: &str = "application/strategic-merge-patch+json";
pub const JSON_PATCH: &str = "application/json-patch+json";

/// A server with namespaces `a` and `b`.
pub struct Scene {
    pub server: Server,
    pub store: Arc<MemoryStore>,
    router: Router,
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

pub async fn scene() -> Scene {
    scene_with(|builder| builder).await
}

pub async fn scene_with(configure: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Scene {
    let store = Arc::new(MemoryStore::new());
    let builder = toy::builder(store.clone()).clock(Arc::new(|| Timestamp::UNIX_EPOCH));
    let server = configure(builder).build().await.expect("the server is complete");
    let scene = Scene {
        router: server.router(),
        server,
        store,
    };
    for name in ["a", "b"] {
        let namespace = json!({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name}});
        scene.post("/api/v1/namespaces", &namespace).await.expect(201);
    }
    scene
}

/// A toy of namespace `a`.
pub fn toy(name: &str, spec: Value) -> Value {
    json!({"kind": "Toy", "apiVersion": "toys.example.com/v1", "metadata": {"name": name}, "spec": spec})
}

pub fn toys(namespace: &str) -> String {
    format!("/apis/toys.example.com/v1/namespaces/{namespace}/toys")
}

pub fn all_toys() -> &'static str {
    "/apis/toys.example.com/v1/toys"
}

impl Scene {
    /// The server ended and another one on the same store.
    pub async fn restarted(self) -> Self {
        let Self { server, store, router } = self;
        drop((server, router));
        let builder = toy::builder(store.clone()).clock(Arc::new(|| Timestamp::UNIX_EPOCH));
        let server = builder.build().await.expect("the server is complete");
        Self {
            router: server.router(),
            server,
            store,
        }
    }

    pub async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router
            .clone()
            .oneshot(request)
            .await
            .unwrap_or_else(|never| match never {})
    }

    /// As the administrator.
    pub async fn request(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(body.to_vec())).expect("a request");
        if !request.headers().contains_key("authorization") {
            request.extensions_mut().insert(UserInfo {
                username: "admin".to_owned(),
                ..UserInfo::default()
            });
        }
        Answer::of(self.send(request).await).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, &[], b"").await
    }

    pub async fn get_as(&self, path: &str, accept: &str) -> Answer {
        self.request(Method::GET, path, &[("accept", accept)], b"").await
    }

    pub async fn post(&self, path: &str, object: &Value) -> Answer {
        self.json(Method::POST, path, object).await
    }

    pub async fn put(&self, path: &str, object: &Value) -> Answer {
        self.json(Method::PUT, path, object).await
    }

    pub async fn patch(&self, path: &str, content_type: &str, patch: &Value) -> Answer {
        let body = patch.to_string();
        self.request(Method::PATCH, path, &[("content-type", content_type)], body.as_bytes())
            .await
    }

    pub async fn delete(&self, path: &str, options: Value) -> Answer {
        self.json(Method::DELETE, path, &options).await
    }

    /// Creates a toy in namespace `a`.
    pub async fn make(&self, name: &str, spec: Value) -> Value {
        self.post(&toys("a"), &toy(name, spec)).await.expect(201)
    }

    /// Opens a watch that must begin well.
    pub async fn watch(&self, path: &str) -> Lines {
        self.watch_as(path, "application/json").await
    }

    pub async fn watch_as(&self, path: &str, accept: &str) -> Lines {
        let mut request = Request::get(path)
            .header("accept", accept)
            .body(Body::empty())
            .expect("a request");
        request.extensions_mut().insert(UserInfo {
            username: "admin".to_owned(),
            ..UserInfo::default()
        });
        let response = self.send(request).await;
        assert_eq!(response.status(), 200, "{path}");
        Lines {
            body: response.into_body(),
            buffer: BytesMut::new(),
        }
    }

    async fn json(&self, method: Method, path: &str, object: &Value) -> Answer {
        let body = if object.is_null() {
            String::new()
        } else {
            object.to_string()
        };
        self.request(method, path, &[("content-type", "application/json")], body.as_bytes())
            .await
    }
}

impl Answer {
    pub async fn of(response: Response<Body>) -> Self {
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("the body is whole").to_bytes();
        Self {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body without its content encoding.
    pub fn unpacked(&self) -> Vec<u8> {
        if self.headers.get("content-encoding").is_none() {
            return self.body.to_vec();
        }
        assert_eq!(self.headers["content-encoding"], "gzip");
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&*self.body)
            .read_to_end(&mut plain)
            .expect("the body is packed well");
        plain
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, when the status is the wanted one.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// `code reason message` of an error.
    pub fn error(&self) -> String {
        let status = self.json();
        assert_eq!(status["kind"], "Status", "{status}");
        assert_eq!(status["code"], self.status, "{status}");
        let text = |field: &str| status[field].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", self.status, text("reason"), text("message"))
    }
}

/// The lines of a watch.
pub struct Lines {
    body: Body,
    buffer: BytesMut,
}

impl Lines {
    /// The next event; `None` at the end.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(end + 1);
                return Some(serde_json::from_slice(&line).expect("a line of JSON"));
            }
            let frame = self.body.frame().await?.expect("the stream goes on");
            self.buffer.extend_from_slice(&frame.into_data().unwrap_or_default());
        }
    }

    /// The next events as `TYPE name`, or `TYPE revision` of what has no name.
    pub async fn brief(&mut self, count: usize) -> Vec<String> {
        let mut events = Vec::with_capacity(count);
        for _ in 0..count {
            let event = self.next().await.expect("another event");
            let metadata = &event["object"]["metadata"];
            let name = metadata["name"]
                .as_str()
                .or(metadata["resourceVersion"].as_str())
                .unwrap_or_default();
            events.push(format!("{} {name}", event["type"].as_str().unwrap_or_default()));
        }
        events
    }
}

pub fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().expect("a list");
    items
        .iter()
        .map(|item| item["metadata"]["name"].as_str().expect("a name"))
        .collect()
}

pub fn version(object: &Value) -> &str {
    object["metadata"]["resourceVersion"]
        .as_str()
        .expect("a resourceVersion")
}
