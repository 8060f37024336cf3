use serde_json::{Map, Value};

use super::{FieldSet, Shape, list, path, set};
use crate::{ListType, Schema};

/// The object without some fields. Objects and lists that become empty by it go as well,
/// except for objects that are always there.
pub(crate) fn remove(schema: &Schema, object: &Value, fields: &FieldSet) -> Value {
    below(schema, object, &fields.0).unwrap_or_else(|| Value::Object(Map::new()))
}

/// `None` when nothing is left.
fn below(schema: &Schema, value: &Value, fields: &Map<String, Value>) -> Option<Value> {
    if set::children(fields).next().is_none() {
        return Some(value.clone());
    }
    match Shape::of(schema, value) {
        Shape::Whole => Some(value.clone()),
        Shape::Members(members) => without_members(schema, members, fields).map(Value::Object),
        Shape::Elements(items, list_type) => without_elements(schema, list_type, items, fields).map(Value::Array),
    }
}

fn without_members(
    schema: &Schema,
    members: &Map<String, Value>,
    fields: &Map<String, Value>,
) -> Option<Map<String, Value>> {
    let kept = members.iter().filter_map(|(name, value)| {
        let inside = schema.field(name);
        let left = match fields.get(&path::field(name)).and_then(Value::as_object) {
            None => Some(value.clone()),
            Some(node) if set::is_member(node) => None,
            Some(node) => below(inside, value, node),
        };
        let is_always_there = inside.is_embedded && value.is_object();
        let left = left.or_else(|| is_always_there.then(|| Value::Object(Map::new())))?;
        Some((name.clone(), left))
    });
    Some(kept.collect::<Map<_, _>>()).filter(|kept| !kept.is_empty())
}

fn without_elements(
    schema: &Schema,
    list_type: ListType<'_>,
    items: &[Value],
    fields: &Map<String, Value>,
) -> Option<Vec<Value>> {
    let kept = items.iter().filter_map(|item| {
        let identity = list::identity(list_type, item).ok();
        let node = identity.and_then(|identity| fields.get(&identity)?.as_object());
        match (node, item) {
            (Some(node), _) if set::is_member(node) => None,
            (Some(node), Value::Object(members)) if !schema.atomic_elements => {
                without_members(schema, members, node).map(Value::Object)
            }
            _ => Some(item.clone()),
        }
    });
    Some(kept.collect::<Vec<_>>()).filter(|kept| !kept.is_empty())
}
