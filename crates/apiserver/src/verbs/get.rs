use axum::body::Body;
use http::{Response, StatusCode};

use super::{Call, respond};
use crate::ApiError;
use crate::list_options::parse_version;

pub(super) async fn serve(call: &Call) -> Result<Response<Body>, ApiError> {
    if let Some(handler) = call.served.handler() {
        let object = handler.get(&call.cx, call.name()).await?;
        return respond::object(call, StatusCode::OK, &object);
    }
    // The newest state is at least as new as any version that exists.
    if let Some(version) = parse_version(&call.cx.query)? {
        call.core.refresh_to(version).await?;
    }
    let (namespace, name) = call.place();
    let strategy = &call.served.in_store()?.strategy;
    if strategy.is_alias(name) {
        let object = strategy.get_alias(&call.cx, name).await?;
        return respond::object(call, StatusCode::OK, &object);
    }
    let entry = call.core.entry(&call.served, namespace, name).await?;
    respond::entry(call, StatusCode::OK, &entry)
}
