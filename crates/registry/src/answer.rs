use axum::body::Body;
use http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;
use weir_blobstore::{IngestError, LinkError, ReadError, StorageError};
use weir_oci::{ErrorBody, ErrorCode};

use crate::access::AccessError;
use crate::route::RouteError;
use crate::streams::StreamError;

/// An answer that says no: the code of the distribution API, with the user's words. It becomes HTTP in the last step.
#[derive(Debug)]
pub(crate) struct Problem {
    code: ErrorCode,
    status: StatusCode,
    message: String,
    detail: Option<Value>,
    headers: Vec<(HeaderName, String)>,
}

pub(crate) type Answer = Result<Response<Body>, Problem>;

impl Problem {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Problem {
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Problem {
            code,
            status,
            message: message.into(),
            detail: None,
            headers: Vec::new(),
        }
    }

    pub(crate) fn with_status(self, status: StatusCode) -> Problem {
        Problem { status, ..self }
    }

    pub(crate) fn with_detail(self, detail: impl Into<Value>) -> Problem {
        Problem {
            detail: Some(detail.into()),
            ..self
        }
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: impl Into<String>) -> Problem {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn is_unauthorized(&self) -> bool {
        self.code == ErrorCode::Unauthorized
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn method_not_allowed() -> Problem {
        Problem::new(ErrorCode::Unsupported, "the operation is unsupported here")
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        if self.status.is_server_error() {
            tracing::error!(code = %self.code, status = self.status.as_u16(), message = %self.message, "registry request failed");
        }
        let body = ErrorBody::one(self.code, &self.message, self.detail);
        // An error body is made of strings and JSON values, which always serialize.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// An answer without body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

pub(crate) fn json(value: &impl serde::Serialize) -> Answer {
    let body = serde_json::to_vec(value).map_err(|error| Problem::new(ErrorCode::Unknown, error.to_string()))?;
    let mut response = Response::new(Body::from(body));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// Sets a header whose value was made here, of characters that headers may have.
pub(crate) fn set(response: &mut Response<Body>, name: HeaderName, value: &str) -> Result<(), Problem> {
    let value =
        HeaderValue::from_str(value).map_err(|error| Problem::new(ErrorCode::Unknown, format!("{name}: {error}")))?;
    response.headers_mut().insert(name, value);
    Ok(())
}

impl From<RouteError> for Problem {
    fn from(error: RouteError) -> Problem {
        let code = match &error {
            RouteError::Unknown => ErrorCode::Unsupported,
            RouteError::Name(_) => ErrorCode::NameInvalid,
            RouteError::Digest(_) => ErrorCode::DigestInvalid,
            RouteError::Upload => ErrorCode::BlobUploadUnknown,
        };
        let problem = Problem::new(code, error.to_string());
        if error == RouteError::Unknown {
            problem.with_status(StatusCode::NOT_FOUND)
        } else {
            problem
        }
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Problem {
        let status = match &error {
            StorageError::NoSpace => StatusCode::INSUFFICIENT_STORAGE,
            StorageError::Stopped => StatusCode::SERVICE_UNAVAILABLE,
            StorageError::Io { .. } => {
                tracing::error!(%error, "blob storage");
                let message = "the registry's storage failed; see its log";
                return Problem::new(ErrorCode::Unknown, message);
            }
        };
        Problem::new(ErrorCode::Unavailable, error.to_string()).with_status(status)
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Problem {
        match error {
            ReadError::Unknown => Problem::new(ErrorCode::BlobUnknown, "blob unknown to registry"),
            ReadError::Range { size, .. } => Problem::new(ErrorCode::RangeInvalid, error.to_string())
                .with_header(http::header::CONTENT_RANGE, format!("bytes */{size}")),
            ReadError::Corrupt(_) => Problem::new(ErrorCode::Unknown, error.to_string()),
            ReadError::Storage(error) => error.into(),
        }
    }
}

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Problem {
        let message = error.to_string();
        match error {
            IngestError::UploadUnknown => Problem::new(ErrorCode::BlobUploadUnknown, message),
            IngestError::UploadBusy => {
                Problem::new(ErrorCode::BlobUploadInvalid, message).with_status(StatusCode::CONFLICT)
            }
            IngestError::TooManyUploads => {
                Problem::new(ErrorCode::TooManyRequests, message).with_header(RETRY_AFTER, "60")
            }
            IngestError::Offset { expected, .. } => Problem::new(ErrorCode::RangeInvalid, message)
                .with_header(http::header::RANGE, crate::range::received(expected)),
            IngestError::DigestMismatch { .. } => Problem::new(ErrorCode::DigestInvalid, message),
            IngestError::TooLarge { .. } => {
                Problem::new(ErrorCode::SizeInvalid, message).with_status(StatusCode::PAYLOAD_TOO_LARGE)
            }
            IngestError::Body(_) => Problem::new(ErrorCode::BlobUploadInvalid, message),
            IngestError::Storage(error) => error.into(),
        }
    }
}

impl From<LinkError> for Problem {
    fn from(error: LinkError) -> Problem {
        match error {
            LinkError::BlobUnknown => Problem::new(ErrorCode::BlobUnknown, "blob unknown to registry"),
            LinkError::Storage(error) => error.into(),
        }
    }
}

impl From<StreamError> for Problem {
    fn from(error: StreamError) -> Problem {
        let code = match &error {
            StreamError::StreamUnknown => ErrorCode::NameUnknown,
            StreamError::Denied(_) => ErrorCode::Denied,
            StreamError::Invalid(_) => ErrorCode::ManifestInvalid,
            StreamError::Busy(_) => ErrorCode::TooManyRequests,
            StreamError::NoSpace(_) => {
                return Problem::new(ErrorCode::Unavailable, error.to_string())
                    .with_status(StatusCode::INSUFFICIENT_STORAGE);
            }
            StreamError::Unavailable(_) => ErrorCode::Unavailable,
        };
        Problem::new(code, error.to_string())
    }
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Problem {
        match error {
            AccessError::InvalidToken => Problem::new(
                ErrorCode::Unauthorized,
                "the token is not valid or has expired; log in again",
            ),
            AccessError::Unavailable(_) => Problem::new(ErrorCode::Unavailable, error.to_string()),
        }
    }
}
