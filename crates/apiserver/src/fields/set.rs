use serde_json::{Map, Value};

use super::path;
use crate::Schema;

/// A set of fields: a trie whose edges are path elements, in the form that `fieldsV1` has on the wire.
///
/// ```text
/// {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}}      the labels as such, and one of them
/// ```
///
/// A node that is `{}` is in the set; one with children is when it has the member `.` as well. Sets are read from an
/// object and written into one on every write, and most writes touch few fields. That is why the form on the wire is
/// kept here: what does not change is never decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSet(pub(super) Map<String, Value>);

/// Marks a node with children that is in the set itself.
const SELF: &str = ".";

/// What was given for a set of fields is none.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotASet(String);

impl FieldSet {
    /// A set from outside: checked, and its keys brought into the one form they have here.
    pub fn decode(fields: &Value) -> Result<Self, NotASet> {
        let mut set = decode(fields)?;
        set.remove(SELF); // the whole object is no field
        Ok(Self(set))
    }

    /// A set that was decoded before, such as a stored one.
    pub fn trusted(fields: Value) -> Self {
        match fields {
            Value::Object(members) => Self(members),
            _ => Self::default(),
        }
    }

    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what `other` has.
    pub fn unite(&mut self, other: &FieldSet) {
        unite(&mut self.0, &other.0);
    }

    /// Removes what `other` has.
    pub fn subtract(&mut self, other: &FieldSet) {
        subtract(&mut self.0, &other.0);
    }

    /// What is in both.
    pub fn intersection(&self, other: &FieldSet) -> FieldSet {
        FieldSet(intersection(&self.0, &other.0))
    }

    /// The set with every named field on the way to its members: objects that only exist because of what is in them.
    /// Members of maps with free keys and elements of lists exist for themselves and are not added.
    pub fn with_named_fields(&self, schema: &Schema) -> FieldSet {
        FieldSet(with_named_fields(&self.0, schema))
    }

    /// Only what is below one field of the object, and the field itself.
    pub fn keep_field(&mut self, field: &str) {
        self.0.retain(|key, _| path::field_name(key) == Some(field));
    }

    /// Nothing of what is below one field of the object, nor the field itself.
    pub fn drop_field(&mut self, field: &str) {
        self.0.retain(|key, _| path::field_name(key) != Some(field));
    }

    /// Every member as people read it: `.spec.containers[name="web"].image`.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        add_paths(&self.0, &mut String::new(), &mut paths);
        paths
    }
}

/// A node from its two parts; `None` when nothing is left of it.
pub(super) fn node(is_member: bool, mut children: Map<String, Value>) -> Option<Value> {
    match (is_member, children.is_empty()) {
        (false, true) => None,
        (true, false) => {
            children.insert(SELF.to_owned(), Value::Object(Map::new()));
            Some(Value::Object(children))
        }
        (true, true) | (false, false) => Some(Value::Object(children)),
    }
}

pub(super) fn is_member(node: &Map<String, Value>) -> bool {
    node.is_empty() || node.contains_key(SELF)
}

/// The nodes below, with their path elements.
pub(super) fn children(node: &Map<String, Value>) -> impl Iterator<Item = (&String, &Map<String, Value>)> {
    node.iter()
        .filter(|(key, _)| *key != SELF)
        .filter_map(|(key, child)| Some((key, child.as_object()?)))
}

fn unite(set: &mut Map<String, Value>, other: &Map<String, Value>) {
    for (key, added) in children(other) {
        let Some(Value::Object(present)) = set.get_mut(key) else {
            set.insert(key.clone(), Value::Object(added.clone()));
            continue;
        };
        let member = is_member(present) || is_member(added);
        unite(present, added);
        present.remove(SELF);
        if member && !present.is_empty() {
            present.insert(SELF.to_owned(), Value::Object(Map::new()));
        }
    }
}

fn subtract(set: &mut Map<String, Value>, other: &Map<String, Value>) {
    for (key, removed) in children(other) {
        let Some(Value::Object(present)) = set.get_mut(key) else {
            continue;
        };
        let member = is_member(present) && !is_member(removed);
        let mut below = std::mem::take(present);
        below.remove(SELF);
        subtract(&mut below, removed);
        match node(member, below) {
            Some(Value::Object(rest)) => *present = rest,
            _ => {
                set.remove(key);
            }
        }
    }
}

fn intersection(left: &Map<String, Value>, right: &Map<String, Value>) -> Map<String, Value> {
    let (small, large) = if left.len() <= right.len() {
        (left, right)
    } else {
        (right, left)
    };
    let common = children(small).filter_map(|(key, one)| {
        let other = large.get(key)?.as_object()?;
        let both = node(is_member(one) && is_member(other), intersection(one, other))?;
        Some((key.clone(), both))
    });
    common.collect()
}

fn with_named_fields(set: &Map<String, Value>, schema: &Schema) -> Map<String, Value> {
    let named = children(set).filter_map(|(key, child)| {
        let (below, is_named) = match path::field_name(key) {
            Some(field) => (schema.field(field), !schema.is_free_key(field)),
            None => (schema, false), // an element has its list's table
        };
        let member = is_member(child) || is_named;
        Some((key.clone(), node(member, with_named_fields(child, below))?))
    });
    named.collect()
}

fn add_paths(set: &Map<String, Value>, prefix: &mut String, paths: &mut Vec<String>) {
    for (key, child) in children(set) {
        let length = prefix.len();
        path::write_readable(key, prefix);
        if is_member(child) {
            paths.push(prefix.clone());
        }
        add_paths(child, prefix, paths);
        prefix.truncate(length);
    }
}

fn decode(fields: &Value) -> Result<Map<String, Value>, NotASet> {
    let Value::Object(members) = fields else {
        return Err(NotASet(format!("a set of fields is an object, not {fields}")));
    };
    let mut set = Map::new();
    for (key, child) in members {
        let key = match key.as_str() {
            SELF => SELF.to_owned(),
            key => path::canonical(key).ok_or_else(|| NotASet(format!("{key:?} is not an element of a path")))?,
        };
        let child = match decode(child)? {
            only_itself if only_itself.len() == 1 && is_member(&only_itself) => Map::new(),
            child => child,
        };
        set.insert(key, Value::Object(child));
    }
    Ok(set)
}
