use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;

use crate::ApiError;

/// Requests at once; whoever sends them need not have said yet who he is.
const IN_FLIGHT: usize = 256;
/// When a client that was sent away may come back.
const RETRY_AFTER: u32 = 1;
/// Longest time to an answer.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Longest body.
const BODY_BYTES: usize = 64 << 10;

/// The routes of others, within the bounds of this server.
pub(super) fn bounded(routes: Router) -> Router {
    routes
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn_with_state(
            Arc::new(Semaphore::new(IN_FLIGHT)),
            limit,
        ))
        .layer(CatchPanicLayer::custom(|_| {
            ApiError::internal("the request ended in a bug of the server").into_response()
        }))
}

async fn limit(State(slots): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    let Ok(_slot) = slots.try_acquire() else {
        return ApiError::too_many_requests("too many requests, please try again later", RETRY_AFTER).into_response();
    };
    match tokio::time::timeout(TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::timeout("the request did not finish in time", 0).into_response(),
    }
}
