use serde_json::Value;
use weir_api::image::{NamedTagEventList, TagReference};
use weir_apiserver::{Column, Object};
use weir_imagestream::history::IMPORT_SUCCESS;
use weir_imagestream::source::{Pointer, StreamSource, kind};

use crate::describe::{self, NAME, column};
use crate::{ages, decode, json};

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column("Spec", "string", "What kind of wish there is for the tag."),
    column("Status", "string", "What the tag means now, or why it means nothing."),
    column("History", "number", "How many images the tag has meant."),
    column("Updated", "string", "When something happened to the tag last."),
];

pub(super) fn cells(tag: &Object, now: jiff::Timestamp) -> Vec<Value> {
    let wish: Option<TagReference> = decode::stored(&tag["spec"]).unwrap_or_default();
    let known: Option<NamedTagEventList> = decode::stored(&tag["status"]).unwrap_or_default();
    let items = json::items(tag, "/status/items").len();
    let events = json::items(tag, "/status/items")
        .iter()
        .map(|event| json::text(event, "/created"));
    let conditions = json::items(tag, "/status/conditions").iter();
    let failures = conditions.map(|condition| json::text(condition, "/lastTransitionTime"));
    let updated = events.chain(failures).max().unwrap_or_default();
    vec![
        describe::name(tag),
        spec(wish.as_ref(), known.as_ref()).into(),
        status(wish.as_ref(), known.as_ref()).into(),
        Some(items).filter(|items| *items > 0).into(),
        ages::ago(updated, now).into(),
    ]
}

fn spec(wish: Option<&TagReference>, known: Option<&NamedTagEventList>) -> &'static str {
    let Some(wish) = wish else {
        return if known.is_some() { "Push" } else { "" };
    };
    let Some(from) = &wish.from else { return "" };
    let is_tag = from.kind.as_deref() == Some(kind::IMAGE_STREAM_TAG);
    if is_tag && !from.name.as_deref().unwrap_or_default().contains(':') {
        return "Track";
    }
    let pushed = known
        .and_then(|known| known.items.first())
        .map_or(0, |newest| newest.generation);
    match wish {
        _ if pushed > wish.generation.unwrap_or(0) => "Push",
        _ if wish.import_policy.scheduled => "Scheduled",
        _ if wish.reference => "Ref",
        _ => "Tag",
    }
}

fn status(wish: Option<&TagReference>, known: Option<&NamedTagEventList>) -> String {
    let Some(known) = known else {
        return wish.map(wished).unwrap_or_default();
    };
    let failure = known
        .conditions
        .iter()
        .find(|condition| condition.r#type == IMPORT_SUCCESS && condition.status == "False");
    if let Some(failure) = failure {
        return format!("ImportFailed ({})", failure.reason);
    }
    let Some(newest) = known.items.first() else {
        return String::new();
    };
    if wish
        .and_then(|wish| wish.generation)
        .is_some_and(|wanted| newest.generation < wanted)
    {
        return "Importing".into();
    }
    match newest.image.as_str() {
        "" => newest.docker_image_reference.clone(),
        image => format!("image/{image}"),
    }
}

/// What a tag without history points to.
fn wished(wish: &TagReference) -> String {
    let Some(from) = &wish.from else { return String::new() };
    let name = from.name.as_deref().unwrap_or_default();
    match from.kind.as_deref().unwrap_or_default() {
        kind::DOCKER_IMAGE => name.to_owned(),
        kind::IMAGE_STREAM_IMAGE => match StreamSource::parse(kind::IMAGE_STREAM_IMAGE, name) {
            Ok(StreamSource {
                pointer: Pointer::Image(id),
                ..
            }) => format!("image/{id}"),
            _ => "InvalidRefName".into(),
        },
        kind::IMAGE_STREAM_TAG => match from.namespace.as_deref().unwrap_or_default() {
            "" => format!("istag/{name}"),
            namespace => format!("istag {namespace}/{name}"),
        },
        _ => "InvalidRefKind".into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(spec: Value, status: Value) -> Vec<Value> {
        let tag = json!({"metadata": {"name": "s:t"}, "spec": spec, "status": status});
        cells(&tag, "2026-01-01T01:00:00Z".parse().unwrap())
    }

    fn wish(kind: &str, name: &str) -> Value {
        json!({"name": "t", "from": {"kind": kind, "name": name}, "generation": 2})
    }

    fn event(image: &str, generation: i64) -> Value {
        let items = json!([{"created": "2026-01-01T00:00:00Z", "dockerImageReference": "r.io/x", "image": image, "generation": generation}]);
        json!({"tag": "t", "items": items})
    }

    #[test]
    fn a_row_tells_wish_and_status() {
        let with = |mut wish: Value, field: &str, value: Value| {
            wish[field] = value;
            wish
        };
        let external = wish("DockerImage", "r.io/x:1");
        let table = [
            (external.clone(), event("sha256:1", 2), "Tag", "image/sha256:1"),
            (external.clone(), event("sha256:1", 1), "Tag", "Importing"),
            (external.clone(), event("sha256:1", 3), "Push", "image/sha256:1"),
            (Value::Null, event("sha256:1", 1), "Push", "image/sha256:1"),
            (
                with(external.clone(), "reference", json!(true)),
                event("", 2),
                "Ref",
                "r.io/x",
            ),
            (
                with(external.clone(), "importPolicy", json!({"scheduled": true})),
                Value::Null,
                "Scheduled",
                "r.io/x:1",
            ),
            (wish("ImageStreamTag", "a"), Value::Null, "Track", "istag/a"),
            (wish("ImageStreamTag", "y:a"), Value::Null, "Tag", "istag/y:a"),
            (wish("ImageStreamImage", "y@ab"), Value::Null, "Tag", "image/ab"),
            (wish("ImageStreamImage", "a@b@c"), Value::Null, "Tag", "InvalidRefName"),
            (wish("Other", "x"), Value::Null, "Tag", "InvalidRefKind"),
            (json!({"name": "t"}), Value::Null, "", ""),
        ];
        for (spec, status, expected_spec, expected_status) in table {
            let row = row(spec.clone(), status);
            assert_eq!(
                (&row[1], &row[2]),
                (&json!(expected_spec), &json!(expected_status)),
                "{spec}"
            );
        }
    }

    /// images 98
    #[test]
    fn a_failed_import_is_told_with_its_reason() {
        let condition = json!({"type": "ImportSuccess", "status": "False", "reason": "NotFound", "lastTransitionTime": "2026-01-01T00:55:00Z"});
        let row = row(
            wish("DockerImage", "r.io/x:1"),
            json!({"tag": "t", "items": null, "conditions": [condition]}),
        );
        let expected = [
            json!("s:t"),
            json!("Tag"),
            json!("ImportFailed (NotFound)"),
            Value::Null,
            json!("5 minutes ago"),
        ];
        assert_eq!(row, expected);
    }
}
