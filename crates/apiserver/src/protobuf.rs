//! Request bodies in protobuf, as Kubernetes' typed clients send them; answers are always JSON.
//!
//! ```text
//! bytes -> envelope (apiVersion, kind, message) -> fields -> what the same client would have sent as JSON
//!                                                    '-- tables: number -> name and kind of every field
//! ```
//!
//! Nothing here knows a kind: messages are described by [`ProtobufTables`], text that is parsed when the server is built.

mod decode;
mod envelope;
mod tables;
mod value;
mod wire;

use serde_json::Value;

use crate::ApiError;
use crate::body::{self, MAX_DEPTH};

pub use tables::{ProtobufTables, TableError};

/// Why a body is refused.
#[derive(Debug, thiserror::Error)]
enum ProtobufError {
    #[error("the protobuf body of the request is malformed: {0}")]
    Malformed(&'static str),
    #[error("the protobuf body of the request is malformed: {0} has the wrong wire type")]
    WireType(String),
    #[error("the body of the request nests deeper than {0}")]
    TooDeep(usize),
    #[error(
        "{kind} in {api_version} cannot be read as protobuf by this server; send application/json or application/yaml"
    )]
    UnknownKind { api_version: String, kind: String },
}

impl ProtobufTables {
    /// The object that a body holds, as the same client would have sent it in JSON.
    ///
    /// # Errors
    /// 400 when the body is malformed, 415 when its kind is not in the tables.
    pub fn decode(&self, body: &[u8]) -> Result<Value, ApiError> {
        Ok(object(self, body)?)
    }
}

fn object(tables: &ProtobufTables, body: &[u8]) -> Result<Value, ProtobufError> {
    let envelope = envelope::open(body)?;
    let Some(message) = tables.of_kind(&envelope.api_version, &envelope.kind) else {
        return Err(ProtobufError::UnknownKind {
            api_version: envelope.api_version,
            kind: envelope.kind,
        });
    };
    let mut members = decode::message(tables, message, envelope.message, 1)?;
    members.insert("apiVersion".to_owned(), envelope.api_version.into());
    members.insert("kind".to_owned(), envelope.kind.into());
    let object = Value::Object(members);
    // Lists and values in JSON are levels too: what is stored must be readable when a client sends it back.
    if body::depth(&object) > MAX_DEPTH {
        return Err(ProtobufError::TooDeep(MAX_DEPTH));
    }
    Ok(object)
}

impl From<ProtobufError> for ApiError {
    fn from(error: ProtobufError) -> Self {
        match error {
            ProtobufError::UnknownKind { .. } => Self::unsupported_media_type(error),
            _ => Self::bad_request(error),
        }
    }
}

#[cfg(test)]
mod tests;
