//! Doors for fuzz targets to readers that are private. Only `fuzz/` uses them; nothing here is a promise.

use serde_json::Value;

use crate::body::{self, Encoding};
use crate::list_options::ContinueToken;
use crate::patch::Patch;
use crate::{ApiError, Definitions, ProtobufTables, Schema};

/// Deepest nesting of anything that is read.
pub const MAX_DEPTH: usize = body::MAX_DEPTH;

pub fn json(body: &[u8]) -> Result<Value, ApiError> {
    body::decode_json(body)
}

pub fn yaml(body: &[u8]) -> Result<Value, ApiError> {
    let encoding = Encoding {
        content_type: Some("application/yaml"),
        protobuf: &ProtobufTables::new(&[]).map_err(ApiError::internal)?,
        definitions: &Definitions::default(),
    };
    body::decode_untyped(encoding, body)
}

/// `object` after a patch.
pub fn patch(content_type: &str, patch: &[u8], object: &Value, schema: &Schema) -> Result<Value, ApiError> {
    Ok(Patch::decode(content_type, patch)?.apply(object, schema)?)
}

/// The revision and the key that a `continue` names.
pub fn continue_token(text: &str) -> Result<(u64, String), ApiError> {
    let token = ContinueToken::decode(text)?;
    Ok((token.revision, token.start))
}

pub fn encode_continue_token(revision: u64, start: &str) -> String {
    let start = start.to_owned();
    ContinueToken { revision, start }.encode()
}
