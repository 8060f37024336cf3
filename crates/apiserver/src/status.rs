//! `Status` objects: how errors and deletions are answered.

use axum::body::Body;
use axum::response::IntoResponse;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::{ApiError, Cause, ErrorDetails, GroupResource};

impl ApiError {
    /// The `Status` object of this error.
    pub fn to_status(&self) -> Value {
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        });
        if let Some(details) = &self.details {
            status["details"] = details.to_value();
            if let Some(token) = &details.inconsistent_continue {
                status["metadata"]["continue"] = token.as_str().into();
            }
        }
        status
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.to_status().to_string()));
        *response.status_mut() = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.details.as_ref().and_then(|details| details.retry_after_seconds) {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl ErrorDetails {
    fn to_value(&self) -> Value {
        let mut details = Map::new();
        for (field, text) in [
            ("name", &self.name),
            ("group", &self.group),
            ("kind", &self.kind),
            ("uid", &self.uid),
        ] {
            if !text.is_empty() {
                details.insert(field.to_owned(), text.as_str().into());
            }
        }
        if !self.causes.is_empty() {
            details.insert("causes".to_owned(), self.causes.iter().map(Cause::to_value).collect());
        }
        if let Some(seconds) = self.retry_after_seconds {
            details.insert("retryAfterSeconds".to_owned(), seconds.into());
        }
        Value::Object(details)
    }
}

impl Cause {
    fn to_value(&self) -> Value {
        let mut cause = Map::new();
        for (field, text) in [
            ("reason", &self.reason),
            ("message", &self.message),
            ("field", &self.field),
        ] {
            if !text.is_empty() {
                cause.insert(field.to_owned(), text.as_str().into());
            }
        }
        Value::Object(cause)
    }
}

/// The answer to a deletion that left nothing.
pub(crate) fn deleted(resource: &GroupResource, name: &str, uid: &str) -> Value {
    let mut details = json!({"name": name, "kind": resource.resource, "uid": uid});
    if !resource.group.is_empty() {
        details["group"] = resource.group.into();
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FieldError, GroupVersionKind};

    const STREAMS: GroupResource = GroupResource {
        group: "image.openshift.io",
        resource: "imagestreams",
    };
    const PODS: GroupResource = GroupResource {
        group: "",
        resource: "pods",
    };

    #[test]
    fn messages_are_those_that_clients_print() {
        let table = [
            (
                ApiError::not_found(&STREAMS, "x"),
                "imagestreams.image.openshift.io \"x\" not found",
            ),
            (ApiError::not_found(&PODS, "x"), "pods \"x\" not found"),
            (
                ApiError::already_exists(&STREAMS, "s1"),
                "imagestreams.image.openshift.io \"s1\" already exists",
            ),
            (
                ApiError::modified(&PODS, "p"),
                "Operation cannot be fulfilled on pods \"p\": the object has been modified; please apply your changes \
                 to the latest version and try again",
            ),
            (ApiError::forbidden(&PODS, "p", "no"), "pods \"p\" is forbidden: no"),
            (ApiError::forbidden(&PODS, "", "no"), "pods is forbidden: no"),
        ];
        for (error, message) in table {
            assert_eq!(error.message, message);
        }
    }

    #[test]
    fn a_status_lists_the_causes_of_an_invalid_object() {
        let kind = GroupVersionKind {
            group: "image.openshift.io",
            version: "v1",
            kind: "ImageStream",
        };
        let errors = vec![FieldError::required("spec.a", ""), FieldError::duplicate("spec.b", "x")];
        let status = ApiError::invalid(&kind, "web", errors).to_status();
        assert_eq!(status["code"], 422);
        assert_eq!(status["reason"], "Invalid");
        assert_eq!(
            status["message"],
            "ImageStream.image.openshift.io \"web\" is invalid: [spec.a: Required value, spec.b: Duplicate value: \"x\"]"
        );
        assert_eq!(
            status["details"],
            json!({"name": "web", "group": "image.openshift.io", "kind": "ImageStream", "causes": [
                {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.a"},
                {"reason": "FieldValueDuplicate", "message": "Duplicate value: \"x\"", "field": "spec.b"},
            ]})
        );
    }

    #[test]
    fn retry_after_is_a_header_too() {
        let response = ApiError::too_many_requests("busy", 7).into_response();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()[RETRY_AFTER], "7");
    }
}
