use serde_json::{Map, Value};

use super::ProtobufError;
use super::tables::{Content, Field, MessageId, ProtobufTables, Shape};
use super::value::{is_unset, scalar};
use super::wire::{Fields, Wire};
use crate::body::MAX_DEPTH;

/// The members of a message. `depth` counts the messages around it and itself.
pub(super) fn message(
    tables: &ProtobufTables,
    id: MessageId,
    bytes: &[u8],
    depth: usize,
) -> Result<Map<String, Value>, ProtobufError> {
    if depth > MAX_DEPTH {
        return Err(ProtobufError::TooDeep(MAX_DEPTH));
    }
    let mut members = Map::new();
    for field in Fields(bytes) {
        let (number, wire) = field?;
        if let Some(field) = tables.field(id, number) {
            add(tables, &mut members, field, wire, depth)?;
        }
    }
    Ok(members)
}

fn add(
    tables: &ProtobufTables,
    members: &mut Map<String, Value>,
    field: &Field,
    wire: Wire<'_>,
    depth: usize,
) -> Result<(), ProtobufError> {
    match (field.shape, wire) {
        (Shape::Inline, wire) => {
            if let Value::Object(inner) = one(tables, field, wire, depth)? {
                members.extend(inner);
            }
        }
        (Shape::One, wire) => {
            let value = one(tables, field, wire, depth)?;
            if !is_unset(field, &value) {
                members.insert(field.name.clone(), value);
            }
        }
        (Shape::List, Wire::Bytes(packed)) if field.content == Content::Number => {
            let mut numbers = Fields(packed);
            while let Some(number) = numbers.packed() {
                let number = one(tables, field, Wire::Varint(number?), depth)?;
                list(members, field).push(number);
            }
        }
        (Shape::List, wire) => {
            let item = one(tables, field, wire, depth)?;
            list(members, field).push(item);
        }
        (Shape::Map, Wire::Bytes(bytes)) => {
            let (key, value) = entry(tables, field, bytes, depth)?;
            map(members, field).insert(key, value);
        }
        (Shape::Map, _) => return Err(ProtobufError::WireType(field.name.clone())),
    }
    Ok(())
}

/// One value, without what is around it.
fn one(tables: &ProtobufTables, field: &Field, wire: Wire<'_>, depth: usize) -> Result<Value, ProtobufError> {
    match (field.content, wire) {
        (Content::Message(id), Wire::Bytes(bytes)) => message(tables, id, bytes, depth + 1).map(Value::Object),
        (content, wire) => scalar(content, wire)?.ok_or_else(|| ProtobufError::WireType(field.name.clone())),
    }
}

/// One entry of a map: a message of a key and a value, each of which may be left out when it is empty.
fn entry(tables: &ProtobufTables, field: &Field, bytes: &[u8], depth: usize) -> Result<(String, Value), ProtobufError> {
    let mut key = String::new();
    let mut value = one(tables, field, Wire::Bytes(&[]), depth)?;
    for part in Fields(bytes) {
        match part? {
            (1, Wire::Bytes(bytes)) => key = super::value::text(bytes)?,
            (2, wire) => value = one(tables, field, wire, depth)?,
            _ => {}
        }
    }
    Ok((key, value))
}

fn list<'a>(members: &'a mut Map<String, Value>, field: &Field) -> &'a mut Vec<Value> {
    let member = members.entry(field.name.clone()).or_insert(Value::Null);
    if !member.is_array() {
        *member = Value::Array(Vec::new());
    }
    match member {
        Value::Array(items) => items,
        _ => unreachable!("it was made a list"),
    }
}

fn map<'a>(members: &'a mut Map<String, Value>, field: &Field) -> &'a mut Map<String, Value> {
    let member = members.entry(field.name.clone()).or_insert(Value::Null);
    if !member.is_object() {
        *member = Value::Object(Map::new());
    }
    match member {
        Value::Object(entries) => entries,
        _ => unreachable!("it was made a map"),
    }
}
