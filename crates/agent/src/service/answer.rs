use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};
use weir_engine::EngineError;

/// An error answer, as a `Status` object.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Failure {
    code: StatusCode,
    reason: &'static str,
    message: String,
}

impl Failure {
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self {
            code: StatusCode::BAD_REQUEST,
            reason: "BadRequest",
            message: message.into(),
        }
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self {
            code: StatusCode::NOT_FOUND,
            reason: "NotFound",
            message: message.into(),
        }
    }
}

impl Failure {
    /// As a `Status` object.
    pub fn status(&self) -> Value {
        failure(self.reason, &self.message, self.code.as_u16())
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let (code, reason) = match &error {
            EngineError::NotFound { .. } => (StatusCode::NOT_FOUND, "NotFound"),
            EngineError::Conflict { .. } | EngineError::Refused { .. } => (StatusCode::BAD_REQUEST, "BadRequest"),
            EngineError::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
            EngineError::Denied { .. } | EngineError::Registry { .. } | EngineError::Failed { .. } => {
                (StatusCode::INTERNAL_SERVER_ERROR, "InternalError")
            }
        };
        Self {
            code,
            reason,
            message: error.to_string(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.code, Json(self.status())).into_response()
    }
}

pub(super) fn success() -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"})
}

fn failure(reason: &str, message: &str, code: u16) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
           "reason": reason, "code": code})
}

/// How a command ended, in the words that clients look for.
pub(super) fn exit(code: i64) -> Value {
    if code == 0 {
        return success();
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
           "message": format!("command terminated with non-zero exit code: exit status {code}"),
           "reason": "NonZeroExitCode",
           "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]}})
}
