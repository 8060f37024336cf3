use std::sync::Arc;

use serde_json::json;

use super::{Changed, Claim, CreateMode, Written, commit, ownership, prepare_create, update};
use crate::catalog::Served;
use crate::core::Core;
use crate::managed_fields::{self, Applied, ApplyError, ManagedFields, Wish};
use crate::patch::PATCH_ATTEMPTS;
use crate::{ApiError, Attributes, Object, RequestContext, UpdateMode, chain, metadata};

/// A server-side apply.
pub(crate) struct ApplyRequest {
    /// All that the applier wants of the object.
    pub wish: Object,
    pub mode: UpdateMode,
    /// Take fields from others instead of reporting conflicts.
    pub force: bool,
    pub retry_on_conflict: bool,
}

/// Makes the object what the applier wants of it, and creates it when it is not there.
pub(crate) async fn apply(
    core: &Core,
    cx: &RequestContext,
    served: &Arc<Served>,
    place: (&str, &str),
    request: &ApplyRequest,
) -> Result<Written, ApiError> {
    for _ in 1..PATCH_ATTEMPTS {
        match core.entry(served, place.0, place.1).await {
            Ok(_) => match change(core, cx, served, place, request).await {
                Err(error) if error.is_not_found() => {} // deleted in between
                answer => return answer,
            },
            Err(error) if error.is_not_found() && request.mode == UpdateMode::Main => {
                match create(core, cx, served, place, request).await {
                    Err(error) if error.is_already_exists() => {} // created in between
                    answer => return answer,
                }
            }
            Err(error) => return Err(error),
        }
    }
    change(core, cx, served, place, request).await
}

async fn change(
    core: &Core,
    cx: &RequestContext,
    served: &Arc<Served>,
    place: (&str, &str),
    request: &ApplyRequest,
) -> Result<Written, ApiError> {
    let change = |current: &Object| {
        let mut live = current.clone();
        let managed = ownership::take(&mut live).unwrap_or_default();
        let applied = outcome(cx, served, request, &live, &ManagedFields::stored(&managed))?;
        Ok(Changed {
            object: applied.object,
            retry_on_conflict: request.retry_on_conflict,
            claim: Claim::Applied(applied.managed),
        })
    };
    update(core, cx, served, place, request.mode, change).await
}

async fn create(
    core: &Core,
    cx: &RequestContext,
    served: &Arc<Served>,
    (namespace, name): (&str, &str),
    request: &ApplyRequest,
) -> Result<Written, ApiError> {
    let attributes = Attributes {
        verb: "create".to_owned(),
        group: served.id.group.to_owned(),
        version: served.kind().version.to_owned(),
        resource: served.id.resource.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        ..Attributes::default()
    };
    chain::authorize(core, &cx.user, &attributes).await?;
    for (field, what) in [("uid", "uid"), ("resourceVersion", "resource version")] {
        let named = metadata::text(&request.wish, field);
        if !named.is_empty() && named != "0" {
            let why = format!(
                "{what} mismatch: the provided object specified {what} {named}, and no existing object was found"
            );
            return Err(ApiError::conflict(&served.id, name, why));
        }
    }
    let applied = outcome(cx, served, request, &json!({}), &ManagedFields::default())?;
    let claim = Claim::Applied(applied.managed);
    let mut prepared = Vec::with_capacity(1);
    prepare_create(core, cx, served, applied.object, CreateMode::Main, claim, &mut prepared).await?;
    let written = commit(core, cx, prepared).await?;
    written
        .into_iter()
        .next()
        .ok_or_else(|| ApiError::internal("a creation wrote nothing"))
}

fn outcome(
    cx: &RequestContext,
    served: &Served,
    request: &ApplyRequest,
    live: &Object,
    managed: &ManagedFields,
) -> Result<Applied, ApiError> {
    let wish = Wish {
        object: &request.wish,
        applier: &ownership::writer(cx, served, request.mode),
        force: request.force,
        part: ownership::part(served, request.mode),
    };
    managed_fields::apply(served.resource.schema, live, managed, &wish).map_err(|error| match error {
        ApplyError::Malformed(why) => ApiError::bad_request(why),
        ApplyError::Conflicts(error) => error,
    })
}
