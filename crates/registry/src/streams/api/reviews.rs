use async_trait::async_trait;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use weir_api::image::GROUP;
use weir_oci::RepositoryName;

use super::{ApiStreams, message};
use crate::access::{Access, AccessError, Action};
use crate::streams::user_api::UserApiError;
use crate::token::Caller;

#[async_trait]
impl Access for ApiStreams {
    async fn identify(&self, caller: &Caller) -> Result<(), AccessError> {
        let Caller::Token(token) = caller else { return Ok(()) };
        let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        let answer = self.users.call(token, Method::POST, path, Some(&review)).await;
        reviewed(answer).map(|_| ())
    }

    async fn allows(&self, caller: &Caller, action: &Action) -> Result<bool, AccessError> {
        let attributes = attributes(action);
        let Caller::Token(token) = caller else {
            return self.review_anonymous(attributes).await;
        };
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let answer = self.users.call(token, Method::POST, path, Some(&review)).await;
        reviewed(answer).map(|answer| is_allowed(&answer))
    }
}

impl ApiStreams {
    /// Asks about anonymous callers with the registry's own rights, since they cannot ask themselves.
    async fn review_anonymous(&self, attributes: Value) -> Result<bool, AccessError> {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": "system:anonymous", "groups": ["system:unauthenticated"], "resourceAttributes": attributes},
        });
        let request = Request::post("/apis/authorization.k8s.io/v1/subjectaccessreviews")
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(review.to_string().into_bytes())
            .map_err(|error| AccessError::Unavailable(error.to_string()))?;
        let answer: Value = self
            .own
            .request(request)
            .await
            .map_err(|error| AccessError::Unavailable(error.to_string()))?;
        Ok(is_allowed(&answer))
    }
}

fn attributes(action: &Action) -> Value {
    let layers = |verb: &str, repository: &RepositoryName| {
        json!({
            "verb": verb, "group": GROUP, "resource": "imagestreams", "subresource": "layers",
            "namespace": repository.namespace(), "name": repository.name(),
        })
    };
    match action {
        Action::Pull(repository) => layers("get", repository),
        Action::Push(repository) => layers("update", repository),
        Action::DeleteImages => json!({"verb": "delete", "group": GROUP, "resource": "images"}),
        Action::ListStreams => json!({"verb": "list", "group": GROUP, "resource": "imagestreams"}),
    }
}

fn reviewed(answer: Result<(StatusCode, Value), UserApiError>) -> Result<Value, AccessError> {
    match answer.map_err(|error| AccessError::Unavailable(error.to_string()))? {
        (StatusCode::CREATED | StatusCode::OK, answer) => Ok(answer),
        (StatusCode::UNAUTHORIZED, _) => Err(AccessError::InvalidToken),
        (_, answer) => Err(AccessError::Unavailable(message(&answer))),
    }
}

fn is_allowed(review: &Value) -> bool {
    review.pointer("/status/allowed").and_then(Value::as_bool) == Some(true)
}
