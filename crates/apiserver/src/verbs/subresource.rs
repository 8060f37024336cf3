use std::sync::Arc;

use axum::body::Body;
use http::{Request, Response, StatusCode};

use super::{Call, check_place, get, patch, respond, update, verb};
use crate::patch::PATCH_ATTEMPTS;
use crate::request_info::method_not_allowed;
use crate::{
    ApiError, Connect, GroupVersionKind, Handler, Object, Schema, SubresourceHandler, UpdateMode, Verb, body,
    field_validation,
};

/// A request to a path below a named object.
pub(super) async fn serve(mut call: Call, request: Request<Body>) -> Result<Response<Body>, ApiError> {
    let served = call.served.clone();
    let Some(subresource) = served
        .subresource(&call.path.subresource)
        .filter(|_| !call.path.name.is_empty())
    else {
        return Err(ApiError::no_such_path());
    };
    let verb = verb(&call.cx)?;
    if !subresource.verbs.contains(&verb) {
        return Err(method_not_allowed());
    }
    call.cx.subresource = Some(subresource.name);
    if !call.path.rest.is_empty() && !subresource.takes_path() {
        return Err(ApiError::no_such_path());
    }
    if subresource.is_connect() {
        return connect(&call, &subresource.handler, request).await;
    }
    match &subresource.handler {
        Handler::Status => status(&call, verb, request.into_body()).await,
        Handler::Custom(handler) => custom(&call, verb, &subresource.kind, handler, request.into_body()).await,
    }
}

async fn connect(call: &Call, handler: &Handler, request: Request<Body>) -> Result<Response<Body>, ApiError> {
    match handler {
        Handler::Status => Err(method_not_allowed()),
        Handler::Custom(handler) => {
            let connect = Connect {
                request,
                rest: call.path.rest.clone(),
            };
            handler.connect(&call.cx, call.name(), connect).await
        }
    }
}

/// The object itself, of which only the status changes.
async fn status(call: &Call, verb: Verb, body: Body) -> Result<Response<Body>, ApiError> {
    if call.served.handler().is_some() {
        return Err(method_not_allowed());
    }
    match verb {
        Verb::Get => get::serve(call).await,
        Verb::Update => update::stored(call, update::decode(call, body).await?, UpdateMode::Status).await,
        Verb::Patch => patch::stored(call, patch::decode(call, body).await?, UpdateMode::Status).await,
        _ => Err(method_not_allowed()),
    }
}

async fn custom(
    call: &Call,
    verb: Verb,
    kind: &GroupVersionKind,
    handler: &Arc<dyn SubresourceHandler>,
    body: Body,
) -> Result<Response<Body>, ApiError> {
    let (cx, name) = (&call.cx, call.name());
    match verb {
        Verb::Get => answer(StatusCode::OK, &handler.get(cx, name).await?),
        Verb::Create => {
            let object = decode(call, kind, body).await?;
            answer(StatusCode::CREATED, &handler.create(cx, name, object).await?)
        }
        Verb::Update => {
            let mut object = decode(call, kind, body).await?;
            check_place(call, &mut object)?;
            answer(StatusCode::OK, &handler.update(cx, name, object).await?)
        }
        Verb::Patch => {
            let object = patched(call, kind, handler, &patch::decode(call, body).await?).await?;
            answer(StatusCode::OK, &object)
        }
        _ => Err(method_not_allowed()),
    }
}

/// Subresources are of kinds without columns, so they are always shown as they are.
fn answer(status: StatusCode, object: &Object) -> Result<Response<Body>, ApiError> {
    Ok(respond::value(status, object))
}

async fn decode(call: &Call, kind: &GroupVersionKind, body: Body) -> Result<Object, ApiError> {
    let body = body::read(body).await?;
    let (object, findings) = body::decode_object(call.encoding(), &body, kind)?;
    field_validation::judge(&call.cx, kind, &findings)?;
    Ok(object)
}

async fn patched(
    call: &Call,
    kind: &GroupVersionKind,
    handler: &Arc<dyn SubresourceHandler>,
    patch: &crate::patch::Patch,
) -> Result<Object, ApiError> {
    // A subresource of the object's own kind (`details` of a build) merges like the object.
    static ANY: Schema = Schema::ANY;
    let schema = if kind == call.served.kind() {
        call.served.resource.schema
    } else {
        &ANY
    };
    let mut attempt = 1;
    loop {
        let current = handler.get(&call.cx, call.name()).await?;
        let object = patch::apply(call, kind, patch, &current, schema)?;
        match handler.update(&call.cx, call.name(), object).await {
            Err(error) if error.is_conflict() && !patch.names_revision() && attempt < PATCH_ATTEMPTS => attempt += 1,
            answer => return answer,
        }
    }
}
