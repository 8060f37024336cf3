use axum::body::Body;
use http::{Response, StatusCode};

use super::{Call, check_place, respond};
use crate::chain::authorize;
use crate::write::{Changed, Claim, Written, check_kind, create, update};
use crate::{ApiError, Attributes, Object, UpdateMode, body, field_validation, metadata};

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
    let kind = call.served.kind();
    let (mut object, findings) = body::decode_object(call.encoding(), &body, kind)?;
    check_kind(&call.served, &object)?;
    field_validation::judge(&call.cx, kind, &findings)?;
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
            claim: Claim::Changes,
        })
    };
    let updated = update(&call.core, &call.cx, &call.served, call.place(), mode, change).await;
    let written = match updated {
        Err(error) if mode == UpdateMode::Main && may_create(call, &error)? => created(call, object).await?,
        updated => updated?,
    };
    respond::written(call, &written)
}

/// Is the object missing, and of a kind that a PUT makes?
fn may_create(call: &Call, error: &ApiError) -> Result<bool, ApiError> {
    let is_about_it = error
        .details
        .as_ref()
        .is_some_and(|details| details.kind == call.served.id.resource && details.name == call.name());
    Ok(error.is_not_found() && is_about_it && call.served.in_store()?.strategy.allow_create_on_update())
}

/// A PUT of what is not there: whoever may not create may not do it this way either.
async fn created(call: &Call, object: Object) -> Result<Written, ApiError> {
    let uid = metadata::text(&object, "uid");
    if !uid.is_empty() {
        let why = format!("Precondition failed: UID in precondition: {uid}, UID in object meta: ");
        return Err(ApiError::conflict(&call.served.id, call.name(), why));
    }
    let attributes = Attributes {
        verb: "create".to_owned(),
        group: call.path.group.clone(),
        version: call.path.version.clone(),
        resource: call.path.resource.clone(),
        namespace: call.path.namespace.clone(),
        name: call.path.name.clone(),
        ..Attributes::default()
    };
    authorize(&call.core, &call.cx.user, &attributes).await?;
    create(&call.core, &call.cx, &call.served, object).await
}
