use crate::ApiError;
use crate::context::Query;

/// A boolean parameter: absent is `false`, present without a value is `true`.
pub fn flag(query: &Query, key: &str) -> Result<bool, ApiError> {
    match query.get(key).and_then(|values| values.first()).map(String::as_str) {
        None | Some("false" | "0") => Ok(false),
        Some("" | "true" | "1") => Ok(true),
        Some(other) => Err(ApiError::bad_request(format!(
            "parameter {key}: {other:?} is not a boolean"
        ))),
    }
}
