//! As much of a Kubernetes API as the agent uses.

use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, body};
use futures::StreamExt;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_stream::wrappers::BroadcastStream;

use super::store::{Change, Store};

const MAX_BODY: usize = 1 << 20;

pub fn router(store: Store) -> Router {
    Router::new().fallback(serve).with_state(store)
}

/// A path of the API, taken apart.
#[derive(Debug, Default)]
struct Address {
    namespace: String,
    plural: String,
    name: String,
    subresource: String,
}

fn parse(path: &str) -> Address {
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let prefix = if parts.first() == Some(&"api") { 2 } else { 3 };
    parts.drain(..prefix.min(parts.len()));
    let mut address = Address::default();
    if parts.first() == Some(&"namespaces") && parts.len() > 2 {
        address.namespace = parts[1].to_owned();
        parts.drain(..2);
    }
    let mut rest = parts.into_iter().map(str::to_owned);
    address.plural = rest.next().unwrap_or_default();
    address.name = rest.next().unwrap_or_default();
    address.subresource = rest.next().unwrap_or_default();
    address
}

async fn serve(State(store): State<Store>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let address = parse(head.uri.path());
    let query = head.uri.query().unwrap_or_default().to_owned();
    let body = body::to_bytes(body, MAX_BODY).await.expect("a small body");
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    match (head.method, address.name.is_empty()) {
        (Method::GET, true) if query.contains("watch=true") => watch(&store, &address, &query),
        (Method::GET, true) => list(&store, &address, &query),
        (Method::GET, false) => found(store.get(&address.plural, &address.namespace, &address.name)),
        (Method::POST, _) if address.subresource == "token" => token(),
        (Method::POST, true) => create(&store, &address, body),
        (Method::PATCH, false) => patch(&store, &address, body),
        (Method::DELETE, false) => found(store.remove(&address.plural, &address.namespace, &address.name)),
        _ => failure(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
    }
}

/// The only field selector that the agent uses: `spec.nodeName=`.
fn selected(query: &str, object: &Value) -> bool {
    let decoded = query.replace("%3D", "=");
    let Some((_, selector)) = decoded.split_once("fieldSelector=spec.nodeName=") else {
        return true;
    };
    let wanted = selector.split('&').next().unwrap_or_default();
    object["spec"]["nodeName"].as_str().unwrap_or_default() == wanted
}

fn list(store: &Store, address: &Address, query: &str) -> Response {
    let (revision, objects) = store.list(&address.plural);
    let items: Vec<Value> = objects.into_iter().filter(|object| selected(query, object)).collect();
    Json(json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": revision.to_string()}, "items": items}))
        .into_response()
}

fn watch(store: &Store, address: &Address, query: &str) -> Response {
    let revision = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("resourceVersion=")?.parse().ok())
        .unwrap_or(0);
    let (seen, live) = store.since(revision);
    let (plural, query) = (address.plural.clone(), query.to_owned());
    let live = BroadcastStream::new(live).filter_map(|change| futures::future::ready(change.ok()));
    let lines = futures::stream::iter(seen)
        .chain(live)
        .filter_map(move |change: Change| {
            let line = (change.plural == plural).then(|| line(&change, selected(&query, &change.object)));
            futures::future::ready(line.flatten())
        });
    Body::from_stream(lines.map(Ok::<Bytes, Infallible>)).into_response()
}

/// An object that leaves the selection is deleted for this watcher.
fn line(change: &Change, selected: bool) -> Option<Bytes> {
    let kind = if selected { change.kind } else { "DELETED" };
    let text = json!({"type": kind, "object": change.object});
    Some(format!("{text}\n").into())
}

fn create(store: &Store, address: &Address, mut object: Value) -> Response {
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    if store.get(&address.plural, &address.namespace, &name).is_some() {
        return failure(StatusCode::CONFLICT, "AlreadyExists");
    }
    if !address.namespace.is_empty() {
        object["metadata"]["namespace"] = json!(address.namespace);
    }
    (StatusCode::CREATED, Json(store.put(&address.plural, object))).into_response()
}

fn patch(store: &Store, address: &Address, patch: Value) -> Response {
    let Some(mut object) = store.get(&address.plural, &address.namespace, &address.name) else {
        return failure(StatusCode::NOT_FOUND, "NotFound");
    };
    let uid = &patch["metadata"]["uid"];
    if !uid.is_null() && *uid != object["metadata"]["uid"] {
        return failure(StatusCode::CONFLICT, "Conflict");
    }
    merge(&mut object, patch);
    Json(store.put(&address.plural, object)).into_response()
}

pub fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let object = target.as_object_mut().expect("just made one");
    for (name, value) in patch {
        if value.is_null() {
            object.remove(&name);
        } else {
            merge(object.entry(name).or_insert(Value::Null), value);
        }
    }
}

fn token() -> Response {
    let status = json!({"token": "secret-token", "expirationTimestamp": "2100-01-01T00:00:00Z"});
    let answer = json!({"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "metadata": {},
                        "spec": {"audiences": []}, "status": status});
    (StatusCode::CREATED, Json(answer)).into_response()
}

fn found(object: Option<Value>) -> Response {
    object.map_or_else(
        || failure(StatusCode::NOT_FOUND, "NotFound"),
        |object| Json(object).into_response(),
    )
}

fn failure(code: StatusCode, reason: &str) -> Response {
    let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                      "message": reason, "reason": reason, "code": code.as_u16()});
    (code, Json(body)).into_response()
}
