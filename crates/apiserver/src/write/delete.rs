mod options;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use weir_store::{Expect, Revision};

use super::{CommitFailure, Effect, Prepared, Written, commit, encode};
use crate::cache::Entry;
use crate::catalog::{Served, Stored};
use crate::core::Core;
use crate::patch::PATCH_ATTEMPTS;
use crate::{ApiError, Object, RequestContext, metadata};

pub(crate) use options::DeleteOptions;

/// The generic deletion. An object with finalizers, or one that ends gracefully, is only marked.
pub(crate) async fn delete(
    core: &Core,
    cx: &RequestContext,
    served: &Arc<Served>,
    (namespace, name): (&str, &str),
    options: &DeleteOptions,
) -> Result<Written, ApiError> {
    let mut attempt = 1;
    loop {
        let existing = core.entry(served, namespace, name).await?;
        let prepared = prepare_delete(cx, served, &existing, options, core.now()).await?;
        match commit(core, cx, vec![prepared]).await {
            Ok(mut written) => {
                return written
                    .pop()
                    .ok_or_else(|| ApiError::internal("a deletion wrote nothing"));
            }
            Err(CommitFailure::Conflict(error)) if error.is_conflict() && attempt < PATCH_ATTEMPTS => attempt += 1,
            Err(failure) => return Err(failure.into()),
        }
    }
}

async fn prepare_delete(
    cx: &RequestContext,
    served: &Arc<Served>,
    existing: &Arc<Entry>,
    options: &DeleteOptions,
    now: Timestamp,
) -> Result<Prepared, ApiError> {
    let stored = served.in_store()?;
    let old = existing.stored_object()?;
    options.check(served, existing, &old)?;
    stored.strategy.validate_delete(cx, &old).await?;
    let (effect, object) = match marked(stored, &old, options, now) {
        Marked::Gone => (Effect::Delete, old),
        Marked::Stays(object) => (Effect::Update, object),
    };
    let value = encode(&stored.cache.form, &object)?;
    let unchanged = effect == Effect::Update && existing.is_stored_as(&value);
    Ok(Prepared {
        served: served.clone(),
        key: existing.key.clone(),
        expect: Expect::Modified(Revision(existing.revision)),
        effect: if unchanged { Effect::Nothing } else { effect },
        object,
        value,
        existing: Some(existing.clone()),
    })
}

enum Marked {
    Gone,
    Stays(Object),
}

/// What a deletion makes of an object.
fn marked(stored: &Stored, old: &Object, options: &DeleteOptions, now: Timestamp) -> Marked {
    let strategy = &stored.strategy;
    let mut object = old.clone();
    let grace = strategy.graceful_deletion_seconds(old, options.grace()).unwrap_or(0);
    let pending = old["metadata"]["deletionGracePeriodSeconds"]
        .as_u64()
        .map(|seconds| seconds as u32);
    let deleting = !old["metadata"]["deletionTimestamp"].is_null();
    // A second deletion can only shorten the wait.
    let grace = match pending {
        Some(pending) if deleting => grace.min(pending),
        _ => grace,
    };
    if !deleting || pending.is_some_and(|pending| grace < pending) {
        let end = now
            .saturating_add(SignedDuration::from_secs(i64::from(grace)))
            .unwrap_or(now);
        let metadata = metadata::members(&mut object);
        metadata.insert("deletionTimestamp".to_owned(), metadata::seconds(end).into());
        metadata.insert("deletionGracePeriodSeconds".to_owned(), grace.into());
    }
    if !deleting {
        strategy.begin_deletion(&mut object);
    }
    options.wait_for_dependents(&mut object);
    let finalizers = object["metadata"]["finalizers"]
        .as_array()
        .is_some_and(|finalizers| !finalizers.is_empty());
    match grace == 0 && !finalizers && !strategy.holds_deletion(&object) {
        true => Marked::Gone,
        false => Marked::Stays(object),
    }
}
