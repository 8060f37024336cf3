use std::sync::Arc;

use axum::body::Body;
use http::{Response, StatusCode};

use super::{Call, check_place, respond};
use crate::patch::{PATCH_ATTEMPTS, Patch};
use crate::write::{Changed, update};
use crate::{
    ApiError, FieldValidation, GroupVersionKind, Object, Schema, UpdateMode, VirtualResource, body, field_validation,
};

pub(super) async fn serve(call: &Call, body: Body) -> Result<Response<Body>, ApiError> {
    let patch = decode(call, body).await?;
    match call.served.handler() {
        Some(handler) => computed(call, handler, &patch).await,
        None => stored(call, &patch, UpdateMode::Main).await,
    }
}

pub(super) async fn decode(call: &Call, body: Body) -> Result<Patch, ApiError> {
    let body = body::read(body).await?;
    let patch = Patch::decode(&body::media_type(call.content_type()), &body)?;
    if call.cx.field_validation != FieldValidation::Ignore {
        field_validation::judge_patch(&call.cx, &body, &body::duplicates(&body)?)?;
    }
    Ok(patch)
}

/// A PATCH of a stored object, or of its status. Tried again when somebody else wrote in between, unless the patch is
/// for one revision.
pub(super) async fn stored(call: &Call, patch: &Patch, mode: UpdateMode) -> Result<Response<Body>, ApiError> {
    let retry_on_conflict = !patch.names_revision();
    let change = |current: &Object| {
        let mut object = apply(call, call.served.kind(), patch, current, call.served.resource.schema)?;
        check_place(call, &mut object)?;
        Ok(Changed {
            object,
            retry_on_conflict,
        })
    };
    let written = update(&call.core, &call.cx, &call.served, call.place(), mode, change).await?;
    respond::written(call, &written)
}

/// The object after the patch, with the fields of its kind.
pub(super) fn apply(
    call: &Call,
    kind: &GroupVersionKind,
    patch: &Patch,
    current: &Object,
    schema: &Schema,
) -> Result<Object, ApiError> {
    let mut object = patch.apply(current, schema)?;
    if !object.is_object() {
        return Err(ApiError::unprocessable("after the patch there is no object"));
    }
    let definitions = &call.core.definitions;
    let mut findings = body::check_object(&mut object, kind, definitions)?;
    if !findings.strict.is_empty() {
        // What the object had before is not the patch's doing.
        findings.forgive(&body::check_object(&mut current.clone(), kind, definitions)?);
    }
    field_validation::judge_patched(&call.cx, &object, &findings)?;
    body::drop_nulls(&mut object);
    Ok(object)
}

async fn computed(call: &Call, handler: &Arc<dyn VirtualResource>, patch: &Patch) -> Result<Response<Body>, ApiError> {
    let mut attempt = 1;
    loop {
        let current = handler.get(&call.cx, call.name()).await?;
        let mut object = apply(call, call.served.kind(), patch, &current, call.served.resource.schema)?;
        check_place(call, &mut object)?;
        match handler.update(&call.cx, call.name(), object).await {
            Ok((object, created)) => {
                let status = if created { StatusCode::CREATED } else { StatusCode::OK };
                return respond::object(call, status, &object);
            }
            Err(error) if error.is_conflict() && !patch.names_revision() && attempt < PATCH_ATTEMPTS => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}
