use std::io::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::{ApiError, GroupVersionKind, Object, Strategy};

/// Most objects fit in so many bytes.
const USUAL_SIZE: usize = 4 << 10;

/// How objects of one resource look in the store and on the wire.
///
/// The stored form begins with `{"apiVersion":…,"kind":…,"metadata":{` and has no resourceVersion, so that an object
/// is served by copying two pieces around a number.
pub(crate) struct Form {
    pub strategy: Arc<dyn Strategy>,
    pub fields: fn(&Object) -> Vec<(&'static str, String)>,
    head: String,
}

impl Form {
    pub fn new(
        kind: &GroupVersionKind,
        strategy: Arc<dyn Strategy>,
        fields: fn(&Object) -> Vec<(&'static str, String)>,
    ) -> Self {
        let api_version = Value::from(kind.api_version());
        let head = format!(
            "{{\"apiVersion\":{api_version},\"kind\":{},\"metadata\":{{",
            Value::from(kind.kind)
        );
        Self { strategy, fields, head }
    }

    /// The stored form of an object.
    pub fn encode(&self, object: &Object) -> Result<Bytes, ApiError> {
        let (Some(members), Some(metadata)) = (object.as_object(), object["metadata"].as_object()) else {
            return Err(ApiError::internal("an object without metadata cannot be stored"));
        };
        let mut out = Vec::with_capacity(USUAL_SIZE);
        out.extend_from_slice(self.head.as_bytes());
        write_members(&mut out, metadata, &["resourceVersion"], false)?;
        out.push(b'}');
        write_members(&mut out, members, &["apiVersion", "kind", "metadata"], true)?;
        out.push(b'}');
        // A copy of the right size: what is stored stays in memory, and must not bring unused room with it.
        Ok(Bytes::copy_from_slice(&out))
    }

    /// Appends the served form of `value`, or of its beginning, to `out`. `None` when that is not the stored form.
    pub fn splice(&self, value: &[u8], revision: u64, out: &mut Vec<u8>) -> Option<()> {
        let rest = value
            .strip_prefix(self.head.as_bytes())
            .filter(|rest| !rest.is_empty())?;
        out.extend_from_slice(self.head.as_bytes());
        write!(out, "\"resourceVersion\":\"{revision}\"").ok()?;
        if !rest.starts_with(b"}") {
            out.push(b',');
        }
        out.extend_from_slice(rest);
        Some(())
    }
}

fn write_members(
    out: &mut Vec<u8>,
    members: &Map<String, Value>,
    left_out: &[&str],
    mut comma: bool,
) -> Result<(), ApiError> {
    for (key, value) in members.iter().filter(|(key, _)| !left_out.contains(&key.as_str())) {
        if comma {
            out.push(b',');
        }
        comma = true;
        serde_json::to_writer(&mut *out, key).map_err(ApiError::internal)?;
        out.push(b':');
        serde_json::to_writer(&mut *out, value).map_err(ApiError::internal)?;
    }
    Ok(())
}
