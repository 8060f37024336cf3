mod validation;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use weir_apiserver::{Column, FieldError, Object, Resource, Scope, Strategy, schema};

use super::kind;
use crate::describe::{self, NAME, column, wide};
use crate::{ages, json};

pub(crate) const COLUMNS: &[Column] = &[
    column("Last Seen", "string", "When it happened last."),
    column("Type", "string", "Normal or Warning."),
    column("Reason", "string", "Why, in one word."),
    column("Object", "string", "What it happened to."),
    wide("Subobject", "string", "The part it happened to."),
    wide("Source", "string", "Who noticed."),
    column("Message", "string", "What happened, in a sentence."),
    wide("First Seen", "string", "When it happened first."),
    wide("Count", "string", "How often it happened."),
    Column { priority: 1, ..NAME },
];

/// What happened to other objects.
pub(super) fn resource() -> Resource {
    Resource {
        short_names: &["ev"],
        columns: COLUMNS,
        cells,
        fields,
        schema: &schema::EVENT,
        ..describe::stored(kind("Event"), "events", "event", Scope::Namespaced, Arc::new(Events))
    }
}

struct Events;

#[async_trait]
impl Strategy for Events {
    fn validate(&self, event: &Object) -> Vec<FieldError> {
        validation::problems(event)
    }

    /// Whoever repeats an event that has expired meanwhile makes it anew.
    fn allow_create_on_update(&self) -> bool {
        true
    }

    fn is_decorated(&self) -> bool {
        false
    }
}

fn fields(event: &Object) -> Vec<(&'static str, String)> {
    let text = |path: &str| json::text(event, path).to_owned();
    let source = match text("/source/component") {
        component if component.is_empty() => text("/reportingComponent"),
        component => component,
    };
    vec![
        ("involvedObject.kind", text("/involvedObject/kind")),
        ("involvedObject.namespace", text("/involvedObject/namespace")),
        ("involvedObject.name", text("/involvedObject/name")),
        ("involvedObject.uid", text("/involvedObject/uid")),
        ("involvedObject.apiVersion", text("/involvedObject/apiVersion")),
        (
            "involvedObject.resourceVersion",
            text("/involvedObject/resourceVersion"),
        ),
        ("involvedObject.fieldPath", text("/involvedObject/fieldPath")),
        ("reason", text("/reason")),
        ("reportingComponent", text("/reportingComponent")),
        ("source", source),
        ("type", text("/type")),
    ]
}

pub(crate) fn cells(event: &Object, now: jiff::Timestamp) -> Vec<Value> {
    let text = |path: &str| json::text(event, path);
    let first_of = |paths: &[&str]| {
        paths
            .iter()
            .map(|path| text(path))
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    };
    let last = first_of(&[
        "/series/lastObservedTime",
        "/lastTimestamp",
        "/eventTime",
        "/metadata/creationTimestamp",
    ]);
    let first = first_of(&["/firstTimestamp", "/eventTime", "/metadata/creationTimestamp"]);
    let count = json::number(event, "/series/count")
        .or_else(|| json::number(event, "/count"))
        .unwrap_or(1);
    let object = format!(
        "{}/{}",
        text("/involvedObject/kind").to_lowercase(),
        text("/involvedObject/name")
    );
    vec![
        ages::since(last, now).into(),
        text("/type").into(),
        text("/reason").into(),
        object.into(),
        text("/involvedObject/fieldPath").into(),
        source(event).into(),
        text("/message").trim().into(),
        ages::since(first, now).into(),
        count.to_string().into(),
        describe::name(event),
    ]
}

fn source(event: &Object) -> String {
    let component = match json::text(event, "/source/component") {
        "" => json::text(event, "/reportingComponent"),
        component => component,
    };
    let host = match json::text(event, "/source/host") {
        "" => json::text(event, "/reportingInstance"),
        host => host,
    };
    [component, host]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}
