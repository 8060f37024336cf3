/// One offending field of a 422, in the words of Kubernetes field errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// `FieldValueRequired`, `FieldValueInvalid`, `FieldValueDuplicate`, `FieldValueForbidden`, `FieldValueNotFound`,
    /// `FieldValueNotSupported`, `InternalError`.
    pub reason: &'static str,
    pub field: String,
    /// Without the field's name, as in `Required value: must be set`.
    pub message: String,
}

/// `details.causes[]` of a Status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    pub reason: String,
    pub message: String,
    pub field: String,
}

/// An error answer. It becomes a `Status` object only in the last step.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    pub code: u16,
    pub reason: &'static str,
    pub message: String,
    pub details: Option<Box<ErrorDetails>>,
}

#[derive(Clone, Debug, Default)]
pub struct ErrorDetails {
    pub name: String,
    pub group: String,
    pub kind: String,
    pub uid: String,
    pub causes: Vec<Cause>,
    pub retry_after_seconds: Option<u32>,
}
