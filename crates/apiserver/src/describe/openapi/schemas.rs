use serde_json::{Map, Value, json};

use crate::catalog::Served;
use crate::{GroupVersionKind, ListType, PatchStrategy, Schema};

/// The schema of a kind and of its list.
pub(super) fn add(served: &Served, schemas: &mut Map<String, Value>) {
    let kind = served.kind();
    let mut object = object(served.resource.schema);
    object["x-kubernetes-group-version-kind"] = json!([group_version_kind(kind)]);
    for (member, description) in [
        (
            "apiVersion",
            "The group and version of this representation of the object.",
        ),
        ("kind", "The kind of the object."),
    ] {
        object["properties"][member] = json!({"type": "string", "description": description});
    }
    schemas.insert(name(kind), object);
    let list = GroupVersionKind { kind: "", ..*kind };
    let mut list_kind = group_version_kind(&list);
    list_kind["kind"] = format!("{}List", kind.kind).into();
    schemas.insert(
        format!("{}List", name(kind)),
        json!({
            "type": "object",
            "x-kubernetes-group-version-kind": [list_kind],
            "required": ["items"],
            "properties": {
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                "items": {"type": "array", "items": {"$ref": reference(kind)}},
            },
        }),
    );
}

pub(super) fn reference(kind: &GroupVersionKind) -> String {
    format!("#/components/schemas/{}", name(kind))
}

pub(super) fn group_version_kind(kind: &GroupVersionKind) -> Value {
    json!({"group": kind.group, "version": kind.version, "kind": kind.kind})
}

/// The group's parts in reverse, its version and the kind: `io.openshift.image.v1.ImageStream`.
fn name(kind: &GroupVersionKind) -> String {
    let group = if kind.group.is_empty() { "core" } else { kind.group };
    let parts: Vec<&str> = group.rsplit('.').chain([kind.version, kind.kind]).collect();
    parts.join(".")
}

/// An open object with what is known of its fields.
fn object(schema: &Schema) -> Value {
    let mut object = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {}});
    for (field, schema) in schema.fields {
        object["properties"][*field] = field_schema(schema);
    }
    if let Some(values) = schema.values {
        object["additionalProperties"] = field_schema(values);
    }
    object
}

fn field_schema(schema: &Schema) -> Value {
    let list_type = schema.list_type();
    let mut field = match list_type {
        ListType::Atomic => object(schema),
        ListType::Set => json!({"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"}),
        ListType::Map(keys) => {
            let keys: Vec<&str> = keys.iter().map(|key| key.name).collect();
            json!({
                "type": "array", "items": object(schema),
                "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys,
            })
        }
    };
    match schema.patch {
        PatchStrategy::Default => {}
        PatchStrategy::Replace => field["x-kubernetes-patch-strategy"] = "replace".into(),
        PatchStrategy::MergeSet => field["x-kubernetes-patch-strategy"] = "merge".into(),
        PatchStrategy::MergeBy(key) => {
            let strategy = if schema.retain_keys {
                "merge,retainKeys"
            } else {
                "merge"
            };
            field["x-kubernetes-patch-strategy"] = strategy.into();
            field["x-kubernetes-patch-merge-key"] = key.name.into();
        }
    }
    field
}
