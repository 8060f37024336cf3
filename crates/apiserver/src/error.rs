use std::fmt::Display;

use crate::{GroupResource, GroupVersionKind};

mod field;

pub use field::FieldError;

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
    /// A token for `continue` that goes on at the current state, when the snapshot of the given one is compacted.
    pub inconsistent_continue: Option<String>,
}

/// Errors about a resource or one object of it, in the words of Kubernetes.
impl ApiError {
    pub fn not_found(resource: &GroupResource, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{resource} \"{name}\" not found")).about(resource, name)
    }

    /// The answer to a path that leads nowhere.
    pub fn no_such_path() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource")
            .with_details(ErrorDetails::default())
    }

    pub fn already_exists(resource: &GroupResource, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{resource} \"{name}\" already exists")).about(resource, name)
    }

    /// No free name was found for an object whose name the server is to choose; another try may find one.
    pub fn no_generated_name(resource: &GroupResource, name: &str) -> Self {
        let message = format!(
            "{resource} \"{name}\" already exists, the server was not able to generate a unique name for the object"
        );
        Self::new(409, "AlreadyExists", message)
            .about(resource, name)
            .with_retry_after(1)
    }

    pub fn conflict(resource: &GroupResource, name: &str, why: impl Display) -> Self {
        let message = format!("Operation cannot be fulfilled on {resource} \"{name}\": {why}");
        Self::new(409, "Conflict", message).about(resource, name)
    }

    /// The conflict of a write that was based on an older revision.
    pub fn modified(resource: &GroupResource, name: &str) -> Self {
        Self::conflict(
            resource,
            name,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    pub fn forbidden(resource: &GroupResource, name: &str, why: impl Display) -> Self {
        let message = match name {
            "" => format!("{resource} is forbidden: {why}"),
            name => format!("{resource} \"{name}\" is forbidden: {why}"),
        };
        Self::new(403, "Forbidden", message).about(resource, name)
    }

    /// `verb` as in `create`, `get`, `list`.
    pub fn method_not_supported(resource: &GroupResource, verb: &str) -> Self {
        let message = format!("{verb} is not supported on resources of kind \"{resource}\"");
        Self::new(405, "MethodNotAllowed", message).about(resource, "")
    }

    /// An object that breaks rules of its kind. One error is named in the message, several are listed.
    pub fn invalid(kind: &GroupVersionKind, name: &str, errors: Vec<FieldError>) -> Self {
        let qualified = match kind.group {
            "" => kind.kind.to_owned(),
            group => format!("{}.{group}", kind.kind),
        };
        let message = match errors.as_slice() {
            [] => format!("{qualified} \"{name}\" is invalid"),
            [only] => format!("{qualified} \"{name}\" is invalid: {only}"),
            many => {
                let list: Vec<String> = many.iter().map(ToString::to_string).collect();
                format!("{qualified} \"{name}\" is invalid: [{}]", list.join(", "))
            }
        };
        Self::new(422, "Invalid", message).with_details(ErrorDetails {
            name: name.to_owned(),
            group: kind.group.to_owned(),
            kind: kind.kind.to_owned(),
            causes: errors.into_iter().map(Cause::from).collect(),
            ..ErrorDetails::default()
        })
    }

    pub fn server_timeout(resource: &GroupResource, verb: &str, retry_after_seconds: u32) -> Self {
        let message =
            format!("The {verb} operation against {resource} could not be completed at this time, please try again.");
        Self::new(500, "ServerTimeout", message)
            .about(resource, "")
            .with_retry_after(retry_after_seconds)
    }
}

/// Errors about the request as a whole.
impl ApiError {
    pub fn bad_request(why: impl Display) -> Self {
        Self::new(400, "BadRequest", why.to_string())
    }

    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub fn internal(why: impl Display) -> Self {
        let message = why.to_string();
        let cause = Cause {
            message: message.clone(),
            ..Cause::default()
        };
        Self::new(500, "InternalError", format!("Internal error occurred: {message}")).with_details(ErrorDetails {
            causes: vec![cause],
            ..ErrorDetails::default()
        })
    }

    pub fn gone(why: impl Display) -> Self {
        Self::new(410, "Gone", why.to_string())
    }

    /// A revision or a continue token whose history is compacted; the client must list again.
    pub fn expired(why: impl Display) -> Self {
        Self::new(410, "Expired", why.to_string())
    }

    pub fn too_many_requests(why: impl Display, retry_after_seconds: u32) -> Self {
        Self::new(429, "TooManyRequests", why.to_string()).with_retry_after(retry_after_seconds)
    }

    /// `retry_after_seconds: 0` leaves it to the client whether to try again: clients repeat by themselves what names a
    /// time, and the request may have been carried out.
    pub fn timeout(why: impl Display, retry_after_seconds: u32) -> Self {
        let error = Self::new(504, "Timeout", format!("Timeout: {why}"));
        match retry_after_seconds {
            0 => error,
            seconds => error.with_retry_after(seconds),
        }
    }

    pub fn service_unavailable(why: impl Display) -> Self {
        Self::new(503, "ServiceUnavailable", why.to_string())
    }

    pub fn request_entity_too_large(why: impl Display) -> Self {
        Self::new(413, "RequestEntityTooLarge", format!("Request entity too large: {why}"))
    }

    pub fn unsupported_media_type(why: impl Display) -> Self {
        Self::new(415, "UnsupportedMediaType", why.to_string())
    }

    /// A body that was understood but cannot be processed, such as a JSON patch whose `test` fails.
    pub fn unprocessable(why: impl Display) -> Self {
        Self::new(422, "Invalid", why.to_string())
    }

    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details: None,
        }
    }
}

impl ApiError {
    pub fn is_not_found(&self) -> bool {
        self.reason == "NotFound"
    }

    pub fn is_conflict(&self) -> bool {
        self.reason == "Conflict"
    }

    pub fn is_already_exists(&self) -> bool {
        self.reason == "AlreadyExists"
    }

    pub fn with_details(mut self, details: ErrorDetails) -> Self {
        self.details = Some(Box::new(details));
        self
    }

    pub fn with_cause(mut self, cause: Cause) -> Self {
        self.details.get_or_insert_default().causes.push(cause);
        self
    }

    pub fn with_uid(mut self, uid: &str) -> Self {
        self.details.get_or_insert_default().uid = uid.to_owned();
        self
    }

    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.details.get_or_insert_default().retry_after_seconds = Some(seconds);
        self
    }

    fn about(self, resource: &GroupResource, name: &str) -> Self {
        self.with_details(ErrorDetails {
            name: name.to_owned(),
            group: resource.group.to_owned(),
            kind: resource.resource.to_owned(),
            ..ErrorDetails::default()
        })
    }
}

impl From<FieldError> for Cause {
    fn from(error: FieldError) -> Self {
        Self {
            reason: error.reason.to_owned(),
            message: error.message,
            field: error.field,
        }
    }
}
