//! Shorthands for describing served resources, with what most of them have in common.

use std::sync::Arc;

use axum::body::Body;
use http::{HeaderValue, Response, header};
use serde_json::Value;
use weir_apiserver::{
    Column, GroupVersionKind, Handler, Object, Resource, Scope, Serving, Strategy, Subresource, SubresourceHandler,
    Verb, VirtualResource, schema,
};

use crate::{ages, json};

/// A resource that is kept in the store. Columns are NAME and AGE until said otherwise.
pub(crate) fn stored(
    kind: GroupVersionKind,
    plural: &'static str,
    singular: &'static str,
    scope: Scope,
    strategy: Arc<dyn Strategy>,
) -> Resource {
    Resource {
        kind,
        plural,
        singular,
        scope,
        short_names: &[],
        categories: &[],
        serving: Serving::Stored(strategy),
        subresources: Vec::new(),
        columns: NAME_AND_AGE,
        oldest_first: false,
        cells: name_and_age,
        fields: no_fields,
        schema: &schema::METADATA_ONLY,
    }
}

/// A resource that is computed on request.
pub(crate) fn computed(
    kind: GroupVersionKind,
    plural: &'static str,
    singular: &'static str,
    scope: Scope,
    verbs: &'static [Verb],
    handler: Arc<dyn VirtualResource>,
) -> Resource {
    Resource {
        kind,
        plural,
        singular,
        scope,
        short_names: &[],
        categories: &[],
        serving: Serving::Virtual { verbs, handler },
        subresources: Vec::new(),
        columns: NAME_AND_AGE,
        oldest_first: false,
        cells: name_and_age,
        fields: no_fields,
        schema: &schema::METADATA_ONLY,
    }
}

/// A question or a command: POST is all it knows, and nothing is kept.
pub(crate) fn action(
    kind: GroupVersionKind,
    plural: &'static str,
    singular: &'static str,
    scope: Scope,
    handler: Arc<dyn VirtualResource>,
) -> Resource {
    computed(kind, plural, singular, scope, &[Verb::Create], handler)
}

/// `/status` of a stored resource.
pub(crate) fn status(kind: GroupVersionKind) -> Subresource {
    Subresource {
        name: "status",
        kind,
        verbs: &[Verb::Get, Verb::Update, Verb::Patch],
        handler: Handler::Status,
    }
}

pub(crate) fn subresource(
    name: &'static str,
    kind: GroupVersionKind,
    verbs: &'static [Verb],
    handler: impl SubresourceHandler + 'static,
) -> Subresource {
    Subresource {
        name,
        kind,
        verbs,
        handler: Handler::Custom(Arc::new(handler)),
    }
}

/// A column that is always shown.
pub(crate) const fn column(name: &'static str, kind: &'static str, description: &'static str) -> Column {
    Column {
        name,
        kind,
        format: "",
        description,
        priority: 0,
    }
}

/// A column of `-o wide`.
pub(crate) const fn wide(name: &'static str, kind: &'static str, description: &'static str) -> Column {
    Column {
        name,
        kind,
        format: "",
        description,
        priority: 1,
    }
}

pub(crate) const NAME: Column = Column {
    name: "Name",
    kind: "string",
    format: "name",
    description: "The object's name.",
    priority: 0,
};
pub(crate) const AGE: Column = column("Age", "string", "Time since the object was created.");

const NAME_AND_AGE: &[Column] = &[NAME, AGE];

fn name_and_age(object: &Object, now: jiff::Timestamp) -> Vec<Value> {
    vec![name(object), age(object, now)]
}

fn no_fields(_object: &Object) -> Vec<(&'static str, String)> {
    Vec::new()
}

pub(crate) fn name(object: &Object) -> Value {
    json::text(object, "/metadata/name").into()
}

pub(crate) fn age(object: &Object, now: jiff::Timestamp) -> Value {
    ages::since(json::text(object, "/metadata/creationTimestamp"), now).into()
}

/// A stream of text, as logs are.
pub(crate) fn plain_text(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}
