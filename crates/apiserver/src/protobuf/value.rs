//! Single values as JSON has them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

use super::ProtobufError;
use super::tables::{Content, Field};
use super::wire::{Fields, Wire};
use crate::{body, metadata};

/// A value that is no message of the tables. `None`: the wire has something else than this content.
pub(super) fn scalar(content: Content, wire: Wire<'_>) -> Result<Option<Value>, ProtobufError> {
    Ok(Some(match (content, wire) {
        (Content::Text, Wire::Bytes(bytes)) => text(bytes)?.into(),
        (Content::Boolean, Wire::Varint(flag)) => (flag != 0).into(),
        (Content::Number, Wire::Varint(number)) => signed(number).into(),
        (Content::Bytes, Wire::Bytes(bytes)) => STANDARD.encode(bytes).into(),
        (Content::Quantity, Wire::Bytes(message)) => quantity(message)?,
        (Content::NumberOrText, Wire::Bytes(message)) => number_or_text(message)?,
        (Content::Time, Wire::Bytes(message)) => time(message, metadata::seconds)?,
        (Content::MicroTime, Wire::Bytes(message)) => time(message, metadata::microseconds)?,
        (Content::Json, Wire::Bytes(message)) => json(message)?,
        (Content::Texts, Wire::Bytes(message)) => texts(message)?,
        _ => return Ok(None),
    }))
}

/// Is this what clients also send when the field is not set?
pub(super) fn is_unset(field: &Field, value: &Value) -> bool {
    let is_zero = match (field.content, value) {
        (_, Value::Null) => return true,
        (Content::Boolean, value) => *value == false,
        (Content::Number, value) => *value == 0,
        (Content::Text | Content::Bytes, value) => *value == "",
        _ => false,
    };
    is_zero && !field.zero_counts
}

pub(super) fn text(bytes: &[u8]) -> Result<String, ProtobufError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ProtobufError::Malformed("a text is not UTF-8"))?;
    Ok(text.to_owned())
}

/// Numbers are sent in two's complement.
fn signed(number: u64) -> i64 {
    number.cast_signed()
}

fn quantity(message: &[u8]) -> Result<Value, ProtobufError> {
    let mut amount = String::new();
    for field in Fields(message) {
        if let (1, Wire::Bytes(bytes)) = field? {
            amount = text(bytes)?;
        }
    }
    Ok(if amount.is_empty() { "0".into() } else { amount.into() })
}

/// `{type, intVal, strVal}`; type 1 is the text.
fn number_or_text(message: &[u8]) -> Result<Value, ProtobufError> {
    let (mut is_text, mut number, mut chars) = (false, 0, String::new());
    for field in Fields(message) {
        match field? {
            (1, Wire::Varint(kind)) => is_text = kind == 1,
            (2, Wire::Varint(value)) => number = signed(value),
            (3, Wire::Bytes(bytes)) => chars = text(bytes)?,
            _ => {}
        }
    }
    Ok(if is_text { chars.into() } else { number.into() })
}

/// `{seconds, nanos}`; an empty message is no time at all.
fn time(message: &[u8], print: fn(Timestamp) -> String) -> Result<Value, ProtobufError> {
    if message.is_empty() {
        return Ok(Value::Null);
    }
    let (mut seconds, mut nanos) = (0, 0);
    for field in Fields(message) {
        match field? {
            (1, Wire::Varint(value)) => seconds = signed(value),
            (2, Wire::Varint(value)) => nanos = signed(value),
            _ => {}
        }
    }
    let time = i32::try_from(nanos)
        .ok()
        .and_then(|nanos| Timestamp::new(seconds, nanos).ok());
    let time = time.ok_or(ProtobufError::Malformed("a time is out of range"))?;
    Ok(print(time).into())
}

fn json(message: &[u8]) -> Result<Value, ProtobufError> {
    let mut value = Value::Null;
    for field in Fields(message) {
        if let (1, Wire::Bytes(bytes)) = field? {
            let decoded = body::decode_json(bytes);
            value = decoded.map_err(|_| ProtobufError::Malformed("JSON inside it cannot be read"))?;
        }
    }
    Ok(value)
}

fn texts(message: &[u8]) -> Result<Value, ProtobufError> {
    let mut texts = Vec::new();
    for field in Fields(message) {
        if let (1, Wire::Bytes(bytes)) = field? {
            texts.push(text(bytes)?.into());
        }
    }
    // As the clients' JSON has it.
    Ok(if texts.is_empty() {
        Value::Null
    } else {
        Value::Array(texts)
    })
}
