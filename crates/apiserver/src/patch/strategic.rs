//! Strategic merge patch: a merge patch that knows which lists are sets or maps, with directives inside the patch.
//!
//! | directive | meaning |
//! |---|---|
//! | `$patch: replace` | in an object: the patch is the whole object. In a list element: the other elements are the whole list |
//! | `$patch: delete` | the object becomes empty; a list element is removed by its key |
//! | `$patch: merge` | what happens anyway |
//! | `$retainKeys: [..]` | members not named here are removed |
//! | `$deleteFromPrimitiveList/F: [..]` | values removed from the set `F` |
//! | `$setElementOrder/F: [..]` | the order of list `F`; elements only the server has keep their place among them |

mod list;
mod order;
mod repeats;

use serde_json::{Map, Value};

use super::PatchError;
use crate::{ListKey, PatchStrategy, Schema};

pub(super) const PATCH: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM_LIST: &str = "$deleteFromPrimitiveList/";
const SET_ELEMENT_ORDER: &str = "$setElementOrder/";

pub(crate) fn apply(schema: &Schema, object: &Value, patch: &Value) -> Result<Value, PatchError> {
    let (Value::Object(object), Value::Object(patch)) = (object, patch) else {
        return Err(PatchError::Malformed(
            "a strategic merge patch is an object, and so is what it patches".to_owned(),
        ));
    };
    repeats::check(schema, patch)?;
    merge_objects(schema, object.clone(), patch).map(Value::Object)
}

/// The object after the patch.
fn merge_objects(
    schema: &Schema,
    mut object: Map<String, Value>,
    patch: &Map<String, Value>,
) -> Result<Map<String, Value>, PatchError> {
    match directive(patch)? {
        Some(Directive::Replace) => return Ok(without_directives(patch)),
        Some(Directive::Delete) => return Ok(Map::new()),
        Some(Directive::Merge) | None => {}
    }
    retain_keys(&mut object, patch)?;
    for (key, value) in patch {
        if let Some(field) = key.strip_prefix(DELETE_FROM_LIST) {
            list::remove_values(&mut object, field, value)?;
        }
    }
    for (key, value) in patch.iter().filter(|(key, _)| !is_directive(key)) {
        merge_member(
            schema.field(key),
            &mut object,
            key,
            value,
            patch.get(&format!("{SET_ELEMENT_ORDER}{key}")),
        )?;
    }
    for (key, wanted) in patch {
        let field = key.strip_prefix(SET_ELEMENT_ORDER);
        if let Some(field) = field.filter(|field| !patch.contains_key(*field))
            && let Some(Value::Array(items)) = object.get_mut(field)
        {
            let before = items.clone();
            order::arrange(&schema.field(field).patch, items, &before, wanted)?;
        }
    }
    Ok(object)
}

fn merge_member(
    schema: &Schema,
    object: &mut Map<String, Value>,
    key: &str,
    patch: &Value,
    order: Option<&Value>,
) -> Result<(), PatchError> {
    let merged = match (object.remove(key), patch) {
        (_, Value::Null) => return Ok(()),
        (_, patch) if schema.patch == PatchStrategy::Replace => plain(patch),
        (Some(Value::Object(current)), Value::Object(patch)) => Value::Object(merge_objects(schema, current, patch)?),
        (Some(Value::Array(current)), Value::Array(patch)) => Value::Array(list::merge(schema, current, patch, order)?),
        (None, Value::Object(patch)) => Value::Object(merge_objects(schema, Map::new(), patch)?),
        (None, Value::Array(patch)) => Value::Array(list::merge(schema, Vec::new(), patch, order)?),
        (_, other) => plain(other),
    };
    object.insert(key.to_owned(), merged);
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Directive {
    Replace,
    Delete,
    Merge,
}

fn directive(patch: &Map<String, Value>) -> Result<Option<Directive>, PatchError> {
    match patch.get(PATCH) {
        None => Ok(None),
        Some(Value::String(text)) => match text.as_str() {
            "replace" => Ok(Some(Directive::Replace)),
            "delete" => Ok(Some(Directive::Delete)),
            "merge" => Ok(Some(Directive::Merge)),
            other => Err(PatchError::Malformed(format!("unknown patch type found: {other}"))),
        },
        Some(other) => Err(PatchError::Malformed(format!("{PATCH} must be a string, not {other}"))),
    }
}

fn retain_keys(object: &mut Map<String, Value>, patch: &Map<String, Value>) -> Result<(), PatchError> {
    let keys = match patch.get(RETAIN_KEYS) {
        None => return Ok(()),
        Some(Value::Array(keys)) => keys,
        Some(other) => {
            return Err(PatchError::Malformed(format!(
                "{RETAIN_KEYS} must be a list, not {other}"
            )));
        }
    };
    let keys: std::collections::HashSet<&str> = keys.iter().filter_map(Value::as_str).collect();
    let stray = patch
        .iter()
        .find(|(key, value)| !is_directive(key) && !value.is_null() && !keys.contains(key.as_str()));
    if let Some((key, _)) = stray {
        return Err(PatchError::Malformed(format!(
            "{RETAIN_KEYS} does not name {key:?}, which the patch sets"
        )));
    }
    object.retain(|key, _| keys.contains(key.as_str()));
    Ok(())
}

/// The value of a patch where there is nothing to merge with: without directives, and without members that are only
/// there to be removed.
fn plain(patch: &Value) -> Value {
    match patch {
        Value::Object(members) => Value::Object(without_directives(members)),
        Value::Array(items) => Value::Array(items.iter().filter(|item| !is_deletion(item)).map(plain).collect()),
        other => other.clone(),
    }
}

fn without_directives(members: &Map<String, Value>) -> Map<String, Value> {
    let kept = members
        .iter()
        .filter(|(key, value)| !is_directive(key) && !value.is_null());
    kept.map(|(key, value)| (key.clone(), plain(value))).collect()
}

fn is_directive(key: &str) -> bool {
    key == PATCH || key == RETAIN_KEYS || key.starts_with(DELETE_FROM_LIST) || key.starts_with(SET_ELEMENT_ORDER)
}

fn is_deletion(item: &Value) -> bool {
    item.get(PATCH).and_then(Value::as_str) == Some("delete")
}

/// What identifies an element of a list, as text that is equal when the elements are the same one.
fn identity(list: &PatchStrategy, element: &Value) -> Result<String, PatchError> {
    match list {
        PatchStrategy::MergeBy(ListKey { name: key, .. }) => match element.get(key) {
            Some(value) => Ok(value.to_string()),
            None => Err(PatchError::Malformed(format!(
                "map: {} does not contain declared merge key: {key}",
                shortened(element)
            ))),
        },
        PatchStrategy::MergeSet | PatchStrategy::Default | PatchStrategy::Replace => Ok(element.to_string()),
    }
}

/// Longest piece of a user's value that an error message repeats.
const SHOWN: usize = 200;

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests;
