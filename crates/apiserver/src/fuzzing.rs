//! Doors for fuzz targets to readers that are private. Only `fuzz/` uses them; nothing here is a promise.

use serde_json::Value;

use crate::body::{self, Encoding};
use crate::list_options::ContinueToken;
use crate::managed_fields::{self, ManagedFields, Part, Wish, Writer};
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

/// An object, and in the form of `metadata.managedFields` who owns its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Owned {
    pub object: Value,
    pub managed: Value,
}

impl Owned {
    /// After a server-side apply of `wish`.
    pub fn applied(&self, schema: &Schema, wish: &Value, manager: &str, force: bool) -> Result<Self, ApiError> {
        let wish = Wish {
            object: wish,
            applier: &writer(manager),
            force,
            part: Part::Whole,
        };
        let managed = ManagedFields::stored(&self.managed);
        let applied = managed_fields::apply(schema, &self.object, &managed, &wish).map_err(ApiError::bad_request)?;
        Ok(Self {
            object: applied.object,
            managed: applied.managed.encode().unwrap_or_default(),
        })
    }

    /// After a write of the whole object.
    pub fn updated(&self, schema: &Schema, object: Value, manager: &str) -> Self {
        let changes = managed_fields::changes(schema, Part::Whole, &self.object, &object);
        let mut managed = ManagedFields::stored(&self.managed);
        managed_fields::record(&mut managed, &changes, &writer(manager));
        let managed = managed.encode().unwrap_or_default();
        Self { object, managed }
    }
}

fn writer(manager: &str) -> Writer {
    Writer {
        manager: manager.to_owned(),
        api_version: "v1".to_owned(),
        subresource: String::new(),
        time: "2020-01-01T00:00:00Z".to_owned(),
    }
}
