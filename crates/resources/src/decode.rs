use serde::de::DeserializeOwned;
use serde_json::Value;
use weir_apiserver::{ApiError, FieldError, Object};

/// Reads an object into its typed form; what does not fit is the client's mistake (400).
pub(crate) fn typed<T: DeserializeOwned>(object: &Object) -> Result<T, ApiError> {
    T::deserialize(object).map_err(|error| ApiError::bad_request(refusal(object, &error)))
}

/// The same for an object that the server holds; what does not fit is ours to explain (500).
pub(crate) fn stored<T: DeserializeOwned>(object: &Object) -> Result<T, ApiError> {
    T::deserialize(object).map_err(|error| ApiError::internal(format!("a stored object cannot be read: {error}")))
}

/// The same where only field errors can be answered.
pub(crate) fn or_field_error<T: DeserializeOwned>(object: &Object) -> Result<T, FieldError> {
    T::deserialize(object).map_err(|error| FieldError::invalid("", text_of_kind(object), refusal(object, &error)))
}

fn text_of_kind(object: &Value) -> &str {
    object["kind"].as_str().unwrap_or("object")
}

fn refusal(object: &Value, error: &serde_json::Error) -> String {
    let kind = text_of_kind(object);
    let version = object["apiVersion"].as_str().unwrap_or("v1");
    let version = version.rsplit('/').next().unwrap_or(version);
    format!("{kind} in version \"{version}\" cannot be handled as a {kind}: {error}")
}
