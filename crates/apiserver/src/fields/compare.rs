use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::list::Identified;
use super::{FieldSet, Shape, path, set};
use crate::{ListType, Schema};

/// What differs between two objects.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub added: FieldSet,
    pub modified: FieldSet,
    pub removed: FieldSet,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }

    /// What the newer object says that the older did not.
    pub fn taken(&self) -> FieldSet {
        let mut taken = self.added.clone();
        taken.unite(&self.modified);
        taken
    }

    /// Makes the same change to each of the three sets.
    pub fn for_each(&mut self, mut change: impl FnMut(&mut FieldSet)) {
        change(&mut self.added);
        change(&mut self.modified);
        change(&mut self.removed);
    }
}

/// The fields that are only in `new`, in both with other values, and only in `old`.
pub(crate) fn compare(schema: &Schema, old: &Value, new: &Value) -> Changes {
    let difference = value(schema, Some(old), Some(new));
    Changes {
        added: FieldSet(difference.added.below),
        modified: FieldSet(difference.modified.below),
        removed: FieldSet(difference.removed.below),
    }
}

/// What differs at one place and below it.
#[derive(Default)]
struct Difference {
    added: Node,
    modified: Node,
    removed: Node,
}

#[derive(Default)]
struct Node {
    is_member: bool,
    below: Map<String, Value>,
}

fn value(schema: &Schema, old: Option<&Value>, new: Option<&Value>) -> Difference {
    let shapes = (
        old.map(|old| Shape::of(schema, old)),
        new.map(|new| Shape::of(schema, new)),
    );
    let inside = match shapes {
        (Some(Shape::Members(old)), Some(Shape::Members(new))) => members(schema, Some(old), Some(new)),
        (None, Some(Shape::Members(new))) if !new.is_empty() => members(schema, None, Some(new)),
        (Some(Shape::Members(old)), None) if !old.is_empty() => members(schema, Some(old), None),
        (Some(Shape::Elements(old, list_type)), Some(Shape::Elements(new, _))) => elements(schema, list_type, old, new),
        (None, Some(Shape::Elements(new, list_type))) if !new.is_empty() => elements(schema, list_type, &[], new),
        (Some(Shape::Elements(old, list_type)), None) if !old.is_empty() => elements(schema, list_type, old, &[]),
        _ => None,
    };
    let mut difference = inside.unwrap_or_else(|| whole(old, new));
    difference.added.is_member |= old.is_none() && new.is_some();
    difference.removed.is_member |= old.is_some() && new.is_none();
    difference
}

/// A value that is one field.
fn whole(old: Option<&Value>, new: Option<&Value>) -> Difference {
    let mut difference = Difference::default();
    if let (Some(old), Some(new)) = (old, new) {
        difference.modified.is_member = !is_same(old, new);
    }
    difference
}

/// Numbers are the same when they are the same number, however it is written.
fn is_same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (one, other) => one == other,
    }
}

fn members(schema: &Schema, old: Option<&Map<String, Value>>, new: Option<&Map<String, Value>>) -> Option<Difference> {
    let mut difference = Difference::default();
    let names = old.into_iter().flat_map(Map::keys);
    let only_new = new
        .into_iter()
        .flat_map(Map::keys)
        .filter(|name| !old.is_some_and(|old| old.contains_key(*name)));
    for name in names.chain(only_new) {
        let below = schema.field(name);
        let (mut old_value, mut new_value) = (
            old.and_then(|members| members.get(name)),
            new.and_then(|members| members.get(name)),
        );
        if below.is_embedded {
            let present = old_value.or(new_value);
            old_value = old_value.or_else(|| empty_like(present).filter(|_| old.is_some()));
            new_value = new_value.or_else(|| empty_like(present).filter(|_| new.is_some()));
        }
        difference.put(|| path::field(name), value(below, old_value, new_value));
    }
    Some(difference)
}

/// What stands for a value that is always there when it is not written out.
fn empty_like(value: Option<&Value>) -> Option<&'static Value> {
    static EMPTY_OBJECT: LazyLock<Value> = LazyLock::new(|| Value::Object(Map::new()));
    static EMPTY_LIST: Value = Value::Array(Vec::new());
    match value {
        Some(Value::Object(_)) => Some(&EMPTY_OBJECT),
        Some(Value::Array(_)) => Some(&EMPTY_LIST),
        _ => None,
    }
}

/// `None` when the elements cannot be told apart: then the list is one field.
fn elements(schema: &Schema, list_type: ListType<'_>, old: &[Value], new: &[Value]) -> Option<Difference> {
    let mut difference = Difference::default();
    if old == new {
        return Some(difference);
    }
    let old = Identified::new(list_type, old).ok()?;
    let new = Identified::new(list_type, new).ok()?;
    let only_new = new.order.iter().filter(|identity| old.get(identity).is_empty());
    for identity in old.order.iter().chain(only_new) {
        let inside = element(schema, list_type, old.get(identity), new.get(identity));
        difference.put(|| identity.clone(), inside);
    }
    Some(difference)
}

/// What differs between the elements of one identity. Several of them are compared as one.
fn element(schema: &Schema, list_type: ListType<'_>, old: &[&Value], new: &[&Value]) -> Difference {
    let in_parts = matches!(list_type, ListType::Map(_)) && !schema.atomic_elements;
    let parts = match (old, new) {
        ([Value::Object(old)], [Value::Object(new)]) if in_parts => members(schema, Some(old), Some(new)),
        ([], [Value::Object(new)]) if in_parts => members(schema, None, Some(new)),
        ([Value::Object(old)], []) if in_parts => members(schema, Some(old), None),
        _ => None,
    };
    let mut difference = parts.unwrap_or_else(|| {
        let mut whole = Difference::default();
        whole.modified.is_member = !old.is_empty() && !new.is_empty() && old != new;
        whole
    });
    difference.added.is_member |= old.is_empty();
    difference.removed.is_member |= new.is_empty();
    difference
}

impl Difference {
    /// Adds what differs below. The element of the path is only made when something does.
    fn put(&mut self, element: impl Fn() -> String, inside: Difference) {
        let pairs = [
            (&mut self.added, inside.added),
            (&mut self.modified, inside.modified),
            (&mut self.removed, inside.removed),
        ];
        for (node, inside) in pairs {
            if let Some(child) = set::node(inside.is_member, inside.below) {
                node.below.insert(element(), child);
            }
        }
    }
}
