use std::sync::Arc;

use weir_store::{Expect, Revision};

use super::ownership::{self, Claim};
use super::{CommitFailure, Effect, Prepared, Written, check_kind, commit, encode};
use crate::cache::Entry;
use crate::catalog::Served;
use crate::core::Core;
use crate::patch::PATCH_ATTEMPTS;
use crate::{ApiError, FieldError, Object, RequestContext, UpdateMode, metadata};

/// What somebody wants an object to become, and whether a write in between is theirs to see.
pub(crate) struct Changed {
    pub object: Object,
    pub retry_on_conflict: bool,
    pub claim: Claim,
}

/// What an object is to become.
pub(crate) struct Proposal {
    pub object: Object,
    pub mode: UpdateMode,
    pub claim: Claim,
}

/// The generic update: reads, lets `change` say what the object should be, writes. Starts over when somebody else
/// wrote in between and the change is not bound to a revision.
pub(crate) async fn update(
    core: &Core,
    cx: &RequestContext,
    served: &Arc<Served>,
    (namespace, name): (&str, &str),
    mode: UpdateMode,
    mut change: impl FnMut(&Object) -> Result<Changed, ApiError> + Send,
) -> Result<Written, ApiError> {
    let mut attempt = 1;
    loop {
        let existing = core.entry(served, namespace, name).await?;
        let current = existing.stored_object()?;
        let Changed {
            object,
            retry_on_conflict,
            claim,
        } = change(&current)?;
        let proposal = Proposal { object, mode, claim };
        let prepared = prepare_update(cx, served, proposal, (&existing, current)).await?;
        match commit(core, cx, vec![prepared]).await {
            Ok(mut written) => {
                return written
                    .pop()
                    .ok_or_else(|| ApiError::internal("an update wrote nothing"));
            }
            Err(CommitFailure::Conflict(error))
                if retry_on_conflict && error.is_conflict() && attempt < PATCH_ATTEMPTS =>
            {
                attempt += 1;
            }
            Err(failure) => return Err(failure.into()),
        }
    }
}

/// What the object will be, after preconditions, the strategy's hooks and validation. `old` is what `existing` holds.
pub(crate) async fn prepare_update(
    cx: &RequestContext,
    served: &Arc<Served>,
    proposal: Proposal,
    (existing, mut old): (&Arc<Entry>, Object),
) -> Result<Prepared, ApiError> {
    let Proposal {
        mut object,
        mode,
        claim,
    } = proposal;
    let stored = served.in_store()?;
    let strategy = &stored.strategy;
    check_kind(served, &object)?;
    check_preconditions(served, &object, existing, strategy.allow_unconditional_update())?;
    check_uid(served, &object, &old)?;
    let mut owners = ownership::Before::take(&mut object, &mut old);

    let decided = metadata::generation(&object).filter(|_| mode == UpdateMode::Internal);
    metadata::carry_over(&mut object, &old);
    metadata::set_generation(&mut object, decided);
    strategy.default(&mut object);
    let managed = owners.after(cx, served, mode, claim, (&old, &object));
    match mode {
        UpdateMode::Main => strategy.prepare_for_update(cx, &mut object, &old).await?,
        UpdateMode::Status => strategy.prepare_for_status_update(cx, &mut object, &old).await?,
        UpdateMode::Internal => {}
    }
    metadata::drop_empty(&mut object);
    let mut errors = metadata::validate(&object, |name| strategy.validate_name(name));
    errors.extend(metadata::validate_update(&object, &old));
    errors.extend(strategy.validate_update(&object, &old));
    if !errors.is_empty() {
        return Err(ApiError::invalid(served.kind(), existing.name(), errors));
    }
    owners.put_into(&mut object, &old, managed);
    let value = encode(&stored.cache.form, &object)?;
    let effect = match () {
        () if deletion_is_due(&object, strategy.holds_deletion(&object)) => Effect::Delete,
        () if existing.is_stored_as(&value) => Effect::Nothing,
        () => Effect::Update,
    };
    Ok(Prepared {
        served: served.clone(),
        key: existing.key.clone(),
        expect: Expect::Modified(Revision(existing.revision)),
        effect,
        object,
        value,
        existing: Some(existing.clone()),
    })
}

/// The last reason to keep an object in deletion is gone.
fn deletion_is_due(object: &Object, held: bool) -> bool {
    let metadata = &object["metadata"];
    let finalizers = metadata["finalizers"]
        .as_array()
        .is_some_and(|finalizers| !finalizers.is_empty());
    let grace = metadata["deletionGracePeriodSeconds"].as_i64().unwrap_or(0);
    !metadata["deletionTimestamp"].is_null() && !finalizers && grace == 0 && !held
}

fn check_preconditions(
    served: &Served,
    object: &Object,
    existing: &Entry,
    unconditional: bool,
) -> Result<(), ApiError> {
    match metadata::text(object, "resourceVersion") {
        "" | "0" if unconditional => Ok(()),
        "" | "0" => {
            let error = FieldError::invalid("metadata.resourceVersion", 0, "must be specified for an update");
            Err(ApiError::invalid(served.kind(), existing.name(), vec![error]))
        }
        version if version == existing.revision.to_string() => Ok(()),
        version if version.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(ApiError::modified(&served.id, existing.name()))
        }
        version => {
            let error = FieldError::invalid("metadata.resourceVersion", version, "must be a number");
            Err(ApiError::invalid(served.kind(), existing.name(), vec![error]))
        }
    }
}

/// A client that names a uid means that very object, not another of the same name.
fn check_uid(served: &Served, object: &Object, old: &Object) -> Result<(), ApiError> {
    match (metadata::text(object, "uid"), metadata::text(old, "uid")) {
        ("", _) => Ok(()),
        (wanted, found) if wanted == found => Ok(()),
        (wanted, found) => Err(ApiError::conflict(
            &served.id,
            metadata::text(old, "name"),
            format!("Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}"),
        )),
    }
}
