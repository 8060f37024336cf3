use std::fmt;

use serde::Serialize;

/// One offending field of a 422, in the words of Kubernetes field errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// `FieldValueRequired`, `FieldValueInvalid`, `FieldValueDuplicate`, `FieldValueForbidden`, `FieldValueNotFound`,
    /// `FieldValueNotSupported`, `FieldValueTooLong`, `FieldValueTooMany`, `InternalError`.
    pub reason: &'static str,
    pub field: String,
    /// Without the field's name, as in `Required value: must be set`.
    pub message: String,
}

impl FieldError {
    pub fn required(field: impl Into<String>, detail: impl AsRef<str>) -> Self {
        Self::new(
            "FieldValueRequired",
            field,
            with_detail("Required value".to_owned(), detail.as_ref()),
        )
    }

    pub fn invalid(field: impl Into<String>, value: impl Serialize, detail: impl AsRef<str>) -> Self {
        let message = format!("Invalid value: {}", quote(&value));
        Self::new("FieldValueInvalid", field, with_detail(message, detail.as_ref()))
    }

    pub fn duplicate(field: impl Into<String>, value: impl Serialize) -> Self {
        Self::new(
            "FieldValueDuplicate",
            field,
            format!("Duplicate value: {}", quote(&value)),
        )
    }

    pub fn forbidden(field: impl Into<String>, detail: impl AsRef<str>) -> Self {
        Self::new(
            "FieldValueForbidden",
            field,
            with_detail("Forbidden".to_owned(), detail.as_ref()),
        )
    }

    pub fn not_found(field: impl Into<String>, value: impl Serialize) -> Self {
        Self::new("FieldValueNotFound", field, format!("Not found: {}", quote(&value)))
    }

    pub fn not_supported(field: impl Into<String>, value: impl Serialize, supported: &[&str]) -> Self {
        let mut message = format!("Unsupported value: {}", quote(&value));
        if !supported.is_empty() {
            let list: Vec<String> = supported.iter().map(|value| format!("\"{value}\"")).collect();
            message.push_str(": supported values: ");
            message.push_str(&list.join(", "));
        }
        Self::new("FieldValueNotSupported", field, message)
    }

    pub fn too_long(field: impl Into<String>, bytes: usize) -> Self {
        Self::new(
            "FieldValueTooLong",
            field,
            format!("Too long: may not be more than {bytes} bytes"),
        )
    }

    pub fn too_many(field: impl Into<String>, found: usize, limit: usize) -> Self {
        Self::new(
            "FieldValueTooMany",
            field,
            format!("Too many: {found}: must have at most {limit} items"),
        )
    }

    fn new(reason: &'static str, field: impl Into<String>, message: String) -> Self {
        Self {
            reason,
            field: field.into(),
            message,
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.field, self.message)
    }
}

fn with_detail(message: String, detail: &str) -> String {
    match detail {
        "" => message,
        detail => format!("{message}: {detail}"),
    }
}

/// The offending value as JSON; a value that has no JSON form is shown as what it is.
fn quote(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| format!("(a value without a JSON form: {error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_like_kubernetes_field_errors() {
        let table = [
            (FieldError::required("spec.a", ""), "spec.a: Required value"),
            (
                FieldError::required("spec.a", "must be set"),
                "spec.a: Required value: must be set",
            ),
            (
                FieldError::invalid("spec.a", "x", "too odd"),
                "spec.a: Invalid value: \"x\": too odd",
            ),
            (FieldError::invalid("spec.a", -1, ""), "spec.a: Invalid value: -1"),
            (
                FieldError::duplicate("spec.a[1]", "x"),
                "spec.a[1]: Duplicate value: \"x\"",
            ),
            (FieldError::forbidden("spec.a", "no"), "spec.a: Forbidden: no"),
            (FieldError::not_found("spec.a", "x"), "spec.a: Not found: \"x\""),
            (
                FieldError::not_supported("spec.a", "z", &["x", "y"]),
                "spec.a: Unsupported value: \"z\": supported values: \"x\", \"y\"",
            ),
        ];
        for (error, text) in table {
            assert_eq!(error.to_string(), text);
        }
    }
}
