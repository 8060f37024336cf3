use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value};

/// So few keys that an object and a patch often mean the same member. Some need escapes in a JSON pointer.
pub const KEYS: [&str; 8] = ["a", "b", "name", "list", "set", "x/y", "m~n", ""];
/// Values of members that identify list elements.
const NAMES: [&str; 4] = ["one", "two", "three", ""];
/// Deep enough for the interplay of levels.
const MAX_LEVELS: usize = 4;
const MAX_MEMBERS: usize = 4;

/// A small value of any shape.
pub fn value(u: &mut Unstructured<'_>) -> Result<Value> {
    nested(u, MAX_LEVELS)
}

/// A small object.
pub fn object(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(Value::Object(members(u, MAX_LEVELS)?))
}

pub fn key(u: &mut Unstructured<'_>) -> Result<&'static str> {
    Ok(*u.choose(&KEYS)?)
}

pub fn name(u: &mut Unstructured<'_>) -> Result<&'static str> {
    Ok(*u.choose(&NAMES)?)
}

fn nested(u: &mut Unstructured<'_>, levels: usize) -> Result<Value> {
    let kinds = if levels == 0 { 5 } else { 7 };
    Ok(match u.int_in_range(0..=kinds - 1)? {
        0 => Value::Null,
        1 => Value::Bool(u.arbitrary()?),
        2 => u.int_in_range(-2..=2i64)?.into(),
        3 => name(u)?.into(),
        4 => u.arbitrary::<String>()?.into(),
        5 => Value::Object(members(u, levels - 1)?),
        _ => {
            let count = u.int_in_range(0..=MAX_MEMBERS)?;
            Value::Array((0..count).map(|_| nested(u, levels - 1)).collect::<Result<_>>()?)
        }
    })
}

fn members(u: &mut Unstructured<'_>, levels: usize) -> Result<Map<String, Value>> {
    let count = u.int_in_range(0..=MAX_MEMBERS)?;
    let member = |u: &mut Unstructured<'_>| Ok((key(u)?.to_owned(), nested(u, levels)?));
    (0..count).map(|_| member(u)).collect()
}

/// Levels of brackets.
pub fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
