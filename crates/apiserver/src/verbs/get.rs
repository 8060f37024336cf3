use axum::body::Body;
use http::{Response, StatusCode};

use super::{Call, respond};
use crate::ApiError;
use crate::core::too_large_version;
use crate::list_options::parse_version;

pub(super) async fn serve(call: &Call) -> Result<Response<Body>, ApiError> {
    if let Some(handler) = call.served.handler() {
        let object = handler.get(&call.cx, call.name()).await?;
        return respond::object(call, StatusCode::OK, &object);
    }
    let (namespace, name) = call.place();
    let entry = call.core.entry(&call.served, namespace, name).await?;
    // The newest state is at least as new as any version that exists.
    let newest = call.core.store.revision().0;
    match parse_version(&call.cx.query)? {
        Some(version) if version > newest => Err(too_large_version(version, newest)),
        _ => respond::entry(call, StatusCode::OK, &entry),
    }
}
