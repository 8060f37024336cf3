use std::collections::HashMap;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use super::{Desk, UploadError};
use crate::log::PodKey;

/// `POST /upload/{namespace}/{pod}/{container}?uid=UID`: the source of a binary build. It is answered when the upload
/// is on disk.
pub(crate) fn router(desk: Desk) -> Router {
    Router::new()
        .route("/upload/{namespace}/{pod}/{container}", post(upload))
        .with_state(desk)
}

async fn upload(
    State(desk): State<Desk>,
    Path((namespace, pod, container)): Path<(String, String, String)>,
    Query(query): Query<HashMap<String, String>>,
    content: Body,
) -> Result<StatusCode, Refusal> {
    let uid = query.get("uid").map(String::as_str).unwrap_or_default();
    let mut delivery = PodKey::new(&namespace, &pod)
        .and_then(|key| desk.deliver(&key, uid, &container))
        .ok_or(Refusal::NotAwaited)?;
    let received = tokio::select! {
        received = delivery.file.receive(content) => received,
        () = delivery.outcome.closed() => return Err(Refusal::NotWanted),
    };
    let refusal = received.as_ref().err().map(Refusal::of);
    // The build may have ended at this moment; then nobody needs to hear of it.
    let told = delivery.outcome.send(received);
    match refusal {
        Some(refusal) => Err(refusal),
        None if told.is_err() => Err(Refusal::NotWanted),
        None => Ok(StatusCode::OK),
    }
}

#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the build does not wait for an upload")]
    NotAwaited,
    #[error("the build ended before the upload did")]
    NotWanted,
    #[error("{1}")]
    Failed(StatusCode, String),
}

impl Refusal {
    fn of(error: &UploadError) -> Self {
        let status = match error {
            UploadError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            UploadError::Stalled => StatusCode::REQUEST_TIMEOUT,
            UploadError::BrokenOff { .. } | UploadError::Abandoned => StatusCode::BAD_REQUEST,
            UploadError::Io(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::Failed(status, error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::NotAwaited | Self::NotWanted => StatusCode::CONFLICT,
            Self::Failed(status, _) => *status,
        };
        (status, self.to_string()).into_response()
    }
}
