use std::sync::Arc;

use axum::body::Body;
use http::{Response, StatusCode};

use super::{Call, check_place, respond};
use crate::patch::{APPLY, PATCH_ATTEMPTS, Patch};
use crate::write::{self, ApplyRequest, Changed, Claim, check_kind, update};
use crate::{
    ApiError, FieldValidation, GroupVersionKind, Object, Schema, UpdateMode, VirtualResource, body, field_validation,
};

pub(super) async fn serve(call: &Call, body: Body) -> Result<Response<Body>, ApiError> {
    let patch = decode(call, body).await?;
    match call.served.handler() {
        Some(handler) => computed(call, handler, &patch).await,
        None => stored(call, patch, UpdateMode::Main).await,
    }
}

pub(super) async fn decode(call: &Call, body: Body) -> Result<Patch, ApiError> {
    let body = body::read(body).await?;
    let media_type = body::media_type(call.content_type());
    if media_type == APPLY {
        return decode_wish(call, &body).map(Patch::Apply);
    }
    let patch = Patch::decode(&media_type, &body)?;
    if call.cx.field_validation != FieldValidation::Ignore {
        field_validation::judge_patch(&call.cx, &body, &body::duplicates(&body)?)?;
    }
    Ok(patch)
}

fn decode_wish(call: &Call, body: &[u8]) -> Result<Object, ApiError> {
    let kind = call.served.kind();
    let (mut wish, findings) = body::decode_wish(call.encoding(), body, kind)?;
    check_kind(&call.served, &wish)?;
    field_validation::judge(&call.cx, kind, &findings)?;
    check_place(call, &mut wish)?;
    Ok(wish)
}

/// A PATCH of a stored object, or of its status. Tried again when somebody else wrote in between, unless the patch is
/// for one revision.
pub(super) async fn stored(call: &Call, patch: Patch, mode: UpdateMode) -> Result<Response<Body>, ApiError> {
    let retry_on_conflict = !patch.names_revision();
    if let Patch::Apply(wish) = patch {
        return wished(call, wish, mode, retry_on_conflict).await;
    }
    let change = |current: &Object| {
        let mut object = apply(call, call.served.kind(), &patch, current, call.served.resource.schema)?;
        check_place(call, &mut object)?;
        Ok(Changed {
            object,
            retry_on_conflict,
            claim: Claim::Changes,
        })
    };
    let written = update(&call.core, &call.cx, &call.served, call.place(), mode, change).await?;
    respond::written(call, &written)
}

/// A server-side apply. It creates what is not there.
async fn wished(
    call: &Call,
    wish: Object,
    mode: UpdateMode,
    retry_on_conflict: bool,
) -> Result<Response<Body>, ApiError> {
    let request = ApplyRequest {
        wish,
        mode,
        force: call.cx.query_flag("force")?,
        retry_on_conflict,
    };
    let written = write::apply(&call.core, &call.cx, &call.served, call.place(), &request).await?;
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
