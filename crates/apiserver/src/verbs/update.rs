use axum::body::Body;
use http::{Response, StatusCode};

use super::{Call, check_place, respond};
use crate::write::{Changed, check_kind, update};
use crate::{ApiError, Object, UpdateMode, body, metadata};

pub(super) async fn serve(call: &Call, body: Body) -> Result<Response<Body>, ApiError> {
    let object = decode(call, body).await?;
    if let Some(handler) = call.served.handler() {
        let (object, created) = handler.update(&call.cx, call.name(), object).await?;
        let status = if created { StatusCode::CREATED } else { StatusCode::OK };
        return respond::object(call, status, &object);
    }
    stored(call, object, UpdateMode::Main).await
}

pub(super) async fn decode(call: &Call, body: Body) -> Result<Object, ApiError> {
    let body = body::read(body).await?;
    let mut object = body::decode_object(call.encoding(), &body, call.served.kind())?;
    check_kind(&call.served, &object)?;
    check_place(call, &mut object)?;
    Ok(object)
}

/// A PUT of a stored object, or of its status.
pub(super) async fn stored(call: &Call, object: Object, mode: UpdateMode) -> Result<Response<Body>, ApiError> {
    let retry_on_conflict = metadata::text(&object, "resourceVersion").is_empty();
    let change = |_: &Object| {
        Ok(Changed {
            object: object.clone(),
            retry_on_conflict,
        })
    };
    let written = update(&call.core, &call.cx, &call.served, call.place(), mode, change).await?;
    respond::written(call, &written)
}
