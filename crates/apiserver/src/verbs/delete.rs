use axum::body::Body;
use http::{Response, StatusCode};

use super::{Call, respond};
use crate::list::Matching;
use crate::list_options::ListOptions;
use crate::write::{DeleteOptions, Effect, delete};
use crate::{ApiError, RequestContext, body, list, metadata, status};

/// DELETE of one object: what stays is shown, what is gone is confirmed.
pub(super) async fn one(call: &Call, body: Body) -> Result<Response<Body>, ApiError> {
    let (options, cx) = options(call, body).await?;
    if let Some(handler) = call.served.handler() {
        let object = handler.delete(&cx, call.name(), &options.to_value()).await?;
        return Ok(respond::value(StatusCode::OK, &object));
    }
    let written = delete(&call.core, &cx, &call.served, call.place(), &options).await?;
    if written.effect == Effect::Delete {
        let object = written.entry.stored_object()?;
        let status = status::deleted(&call.served.id, call.name(), metadata::text(&object, "uid"));
        return Ok(respond::value(StatusCode::OK, &status));
    }
    // Clients of the old form of options are told by the code that the dependents go first.
    let status = match options.orphan_dependents {
        Some(false) => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    respond::entry(call, status, &written.entry)
}

/// DELETE of everything that a list would show. Objects that somebody else deletes meanwhile are no error.
pub(super) async fn collection(call: &Call, body: Body) -> Result<Response<Body>, ApiError> {
    if call.served.handler().is_some() {
        return Err(call.cx.method_not_supported());
    }
    let (options, cx) = options(call, body).await?;
    let namespace = &call.path.namespace;
    let selection = ListOptions::parse(&call.served, namespace, &call.cx.query)?;
    let mut page = list::page(&call.core, &call.served, &selection).await?;
    let mut deleted = Vec::new();
    for entry in &page.entries.rest().await? {
        match delete(
            &call.core,
            &cx,
            &call.served,
            (entry.namespace(), entry.name()),
            &options,
        )
        .await
        {
            Ok(written) => deleted.push(written.entry),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    let deleted = Matching::all(deleted, &call.served.in_store()?.cache);
    respond::entries(call, &page.meta, deleted).await
}

async fn options(call: &Call, body: Body) -> Result<(DeleteOptions, RequestContext), ApiError> {
    let body = body::read(body).await?;
    let value = body::decode_options(call.encoding(), &body)?;
    let options = DeleteOptions::parse(&value, &call.cx.query)?;
    let dry_run = call.cx.dry_run || crate::chain::dry_run("DeleteOptions", &options.dry_run)?;
    Ok((
        options,
        RequestContext {
            dry_run,
            ..call.cx.clone()
        },
    ))
}
