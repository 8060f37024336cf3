use axum::body::Body;
use http::{Response, StatusCode};

use super::{Call, check_place, respond};
use crate::write::{check_kind, create};
use crate::{ApiError, body, field_validation};

pub(super) async fn serve(call: &Call, body: Body) -> Result<Response<Body>, ApiError> {
    let body = body::read(body).await?;
    let kind = call.served.kind();
    let (mut object, findings) = body::decode_object(call.encoding(), &body, kind)?;
    check_kind(&call.served, &object)?;
    field_validation::judge(&call.cx, kind, &findings)?;
    check_place(call, &mut object)?;
    if let Some(handler) = call.served.handler() {
        let (object, created) = handler.create(&call.cx, object).await?;
        let status = if created { StatusCode::CREATED } else { StatusCode::OK };
        return respond::object(call, status, &object);
    }
    if !object["metadata"]["resourceVersion"].is_null() && object["metadata"]["resourceVersion"] != "" {
        return Err(ApiError::bad_request(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    let written = create(&call.core, &call.cx, &call.served, object).await?;
    respond::written(call, &written)
}
