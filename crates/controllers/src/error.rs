//! What may go wrong in a reconcile. Every error leads to a retry with back-off; none is dropped.

use kube::Error as ApiError;

use crate::token_secret::SigningError;

/// A pass over one key did not reach its end.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The API refused or could not be reached. Retrying helps: the next pass reads the world anew.
    #[error("cannot {action}: {}", message(.source))]
    Api {
        action: String,
        #[source]
        source: ApiError,
    },
    /// An object of ours cannot be written as JSON; retrying helps only after the object changes.
    #[error("cannot encode {what}: {source}")]
    Encode {
        what: String,
        #[source]
        source: serde_json::Error,
    },
    /// The signer of tokens failed.
    #[error("cannot sign a token for secret {secret}: {source}")]
    Signing { secret: String, source: SigningError },
    /// The API left out what it must say.
    #[error("{0} is incomplete")]
    Incomplete(String),
    /// The reconcile panicked; the loop went on with the other keys.
    #[error("the pass panicked: {0}")]
    Panicked(String),
}

impl ReconcileError {
    /// For `map_err`: names what was being done when the API refused.
    pub fn api(action: impl Into<String>) -> impl FnOnce(ApiError) -> Self {
        let action = action.into();
        move |source| Self::Api { action, source }
    }

    /// Whether somebody else changed the object meanwhile, which is ordinary and not worth a warning.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Api { source, .. } if code(source) == Some(409))
    }
}

/// The HTTP status the API answered with, when it answered.
pub fn code(error: &ApiError) -> Option<u16> {
    match error {
        ApiError::Api(status) => Some(status.code),
        _ => None,
    }
}

/// Whether the API refused to make something because its namespace is being deleted.
pub fn is_ending(error: &ApiError) -> bool {
    let ApiError::Api(status) = error else { return false };
    let causes = status.details.iter().flat_map(|details| &details.causes);
    causes.into_iter().any(|cause| cause.reason == "NamespaceTerminating")
}

/// The machine-readable reason the API gave, for example `AlreadyExists`.
pub fn reason(error: &ApiError) -> Option<&str> {
    match error {
        ApiError::Api(status) => Some(&status.reason),
        _ => None,
    }
}

/// The text for people: the API's own message, without the envelope.
pub fn message(error: &ApiError) -> String {
    match error {
        ApiError::Api(status) => status.message.clone(),
        other => other.to_string(),
    }
}

/// `Ok(None)` in place of a not-found error: the object being gone is an observation, not a failure.
pub fn found<T>(result: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if code(&error) == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}
