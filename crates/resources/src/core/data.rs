//! Rules that Secrets and ConfigMaps share: keys are file names, the whole is bounded, `immutable` is for ever.

use base64::engine::general_purpose::STANDARD;
use base64::{DecodeError, Engine};
use serde_json::Value;
use weir_apiserver::{ApiError, FieldError, Object};

use crate::{json, names};

/// Kubernetes' own bound, so that an object fits into a store record and into a pod's memory.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

/// Keys of the map `field`, and that its values are texts.
pub(super) fn validate_entries(object: &Object, field: &str) -> Vec<FieldError> {
    let path = format!("/{field}");
    let mut problems = Vec::new();
    if object
        .pointer(&path)
        .is_some_and(|map| !map.is_object() && !map.is_null())
    {
        problems.push(FieldError::invalid(field, &object[field], "must be a map of texts"));
    }
    for (key, value) in json::members(object, &path) {
        let here = format!("{field}[{key}]");
        problems.extend(names::data_key(&here, key));
        if !value.is_string() {
            problems.push(FieldError::invalid(here, value, "must be a text"));
        }
    }
    problems
}

/// Bytes are base64, or the whole object cannot be read. The bytes themselves may be secret and stay out of the message.
pub(super) fn check_base64(object: &Object, field: &str) -> Result<(), ApiError> {
    for (_, value) in json::members(object, &format!("/{field}")) {
        let Some(Err(error)) = value.as_str().map(|text| STANDARD.decode(text)) else {
            continue;
        };
        let at = match error {
            DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _) => at,
            DecodeError::InvalidLength(at) => at,
            DecodeError::InvalidPadding => value.as_str().map_or(0, str::len),
        };
        let kind = json::text(object, "/kind");
        return Err(ApiError::bad_request(format!(
            "{kind} in version \"v1\" cannot be handled as a {kind}: illegal base64 data at input byte {at}"
        )));
    }
    Ok(())
}

/// Once `immutable` is set, nothing of `fields` changes and it stays set.
pub(super) fn validate_immutable(object: &Object, old: &Object, fields: &[&str]) -> Vec<FieldError> {
    const MESSAGE: &str = "field is immutable when `immutable` is set";
    if !json::flag(old, "/immutable") {
        return Vec::new();
    }
    let mut problems = Vec::new();
    if !json::flag(object, "/immutable") {
        problems.push(FieldError::forbidden("immutable", MESSAGE));
    }
    let entries = |object: &Object, field: &str| match &object[field] {
        Value::Null => Value::Object(serde_json::Map::new()),
        set => set.clone(),
    };
    for field in fields {
        if entries(object, field) != entries(old, field) {
            problems.push(FieldError::forbidden(*field, MESSAGE));
        }
    }
    problems
}
