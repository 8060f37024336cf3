use std::convert::Infallible;

use axum::body::Body;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use serde_json::Value;
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt};

use crate::token::Token;

/// Answers of the API that are read with a user's token: reviews, a stream, a page of streams.
const ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// The API, asked with the token of whoever calls the registry. Over any service that answers HTTP requests: the API
/// server's router in the same process, or a connection to it.
#[derive(Clone)]
pub struct UserApi {
    service: BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum UserApiError {
    #[error("the request cannot be made: {0}")]
    Request(#[from] http::Error),
    #[error("the answer cannot be read: {0}")]
    Answer(String),
}

impl UserApi {
    pub fn new<S>(service: S) -> UserApi
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        UserApi {
            service: BoxCloneSyncService::new(service),
        }
    }

    /// Sends a request with a token and reads the answer as JSON.
    pub(super) async fn call(
        &self,
        token: &Token,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Value), UserApiError> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, format!("Bearer {}", token.reveal()))
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, "weir-registry")
            .body(Body::from(body))?;
        let response = self
            .service
            .clone()
            .oneshot(request)
            .await
            .unwrap_or_else(|never| match never {});
        let status = response.status();
        let read = Limited::new(response.into_body(), ANSWER_BYTES).collect().await;
        let bytes: Bytes = read
            .map_err(|error| UserApiError::Answer(error.to_string()))?
            .to_bytes();
        let value = serde_json::from_slice(&bytes).map_err(|error| UserApiError::Answer(error.to_string()))?;
        Ok((status, value))
    }
}
