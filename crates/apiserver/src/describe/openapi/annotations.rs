//! How values merge and who can own them, written into the schemas of the objects that hold them: clients compute patches
//! from it.

use serde_json::{Map, Value};

use crate::catalog::Served;
use crate::definitions::tree::{Shape, Tree};
use crate::{ListType, PatchStrategy, Schema, Topology};

/// Walks a kind's table and its fields side by side.
pub(super) fn write(schemas: &mut Map<String, Value>, tree: &Tree, served: &Served) {
    if let Some(shape) = tree.kind(served.kind()) {
        below(schemas, tree, &shape, served.resource.schema);
    }
}

fn below(schemas: &mut Map<String, Value>, tree: &Tree, shape: &Shape, table: &Schema) {
    match shape {
        Shape::List(items) => below(schemas, tree, items, table),
        Shape::Map(values) => {
            if let Some(table) = table.values {
                below(schemas, tree, values, table);
            }
        }
        Shape::Struct(index) => {
            let Some(holder) = tree.get(*index) else { return };
            for (field, table) in table.fields {
                let Some(shape) = holder.field(field) else { continue };
                if let Some(property) = schemas
                    .get_mut(&*holder.definition)
                    .and_then(|schema| schema["properties"].get_mut(*field))
                    .and_then(Value::as_object_mut)
                {
                    annotate(property, shape, table);
                }
                below(schemas, tree, shape, table);
            }
        }
        _ => {}
    }
}

fn annotate(property: &mut Map<String, Value>, shape: &Shape, table: &Schema) {
    let mut say = |key: &str, value: Value| property.insert(format!("x-kubernetes-{key}"), value);
    let merge = if table.retain_keys { "merge,retainKeys" } else { "merge" };
    match table.patch {
        PatchStrategy::Default if table.retain_keys => {
            say("patch-strategy", "retainKeys".into());
        }
        PatchStrategy::Default => {}
        PatchStrategy::Replace => {
            say("patch-strategy", "replace".into());
        }
        PatchStrategy::MergeSet => {
            say("patch-strategy", merge.into());
        }
        PatchStrategy::MergeBy(key) => {
            say("patch-strategy", merge.into());
            say("patch-merge-key", key.name.into());
        }
    }
    match (shape, table.list_type()) {
        (Shape::List(_), ListType::Atomic) => {
            say("list-type", "atomic".into());
        }
        (Shape::List(_), ListType::Set) => {
            say("list-type", "set".into());
        }
        (Shape::List(_), ListType::Map(keys)) => {
            say("list-type", "map".into());
            say("list-map-keys", keys.iter().map(|key| key.name).collect());
        }
        (Shape::Struct(_) | Shape::Map(_), _) if table.topology == Topology::Atomic => {
            say("map-type", "atomic".into());
        }
        _ => {}
    }
}
