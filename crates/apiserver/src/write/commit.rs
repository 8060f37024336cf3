use std::sync::Arc;

use weir_store::{CommitError, Write};

use super::{Effect, Prepared, Written};
use crate::cache::Entry;
use crate::core::Core;
use crate::{ApiError, Creation, RequestContext, Reservation, StoredObjects, metadata};

/// Why nothing was written.
#[derive(Debug)]
pub(crate) enum CommitFailure {
    /// Somebody else wrote first; preparing again may succeed.
    Conflict(ApiError),
    Other(ApiError),
}

/// Writes everything in one revision, or nothing. A dry run stops just before.
pub(crate) async fn commit(
    core: &Core,
    cx: &RequestContext,
    prepared: Vec<Prepared>,
) -> Result<Vec<Written>, CommitFailure> {
    let writing: Vec<&Prepared> = prepared
        .iter()
        .filter(|prepared| prepared.effect != Effect::Nothing)
        .collect();
    let mut revision = None;
    let reserved = reserve(core, &writing).await.map_err(CommitFailure::Other)?;
    if cx.dry_run {
        check_absent(core, &writing).await?;
    } else if !writing.is_empty() {
        let writes = writing.iter().map(|prepared| prepared.write()).collect();
        let committed = core
            .store
            .commit(writes)
            .await
            .map_err(|error| failure(error, &writing))?;
        let is_followed = |prepared: &&Prepared| core.feed.is_followed(&prepared.key);
        if reserved.is_some() || writing.iter().any(is_followed) {
            // Whoever is answered finds that what decides by these objects knows of the write.
            core.feed.reach(committed).await.map_err(CommitFailure::Other)?;
        }
        revision = Some(committed.0);
    }
    drop(reserved); // the caches show the commit, which from now on counts by itself
    Ok(prepared
        .into_iter()
        .map(|prepared| prepared.into_written(revision))
        .collect())
}

/// Has what is to be created judged where somebody wants to. Nobody else's write waits or looks anything up but that.
async fn reserve(core: &Core, writing: &[&Prepared]) -> Result<Option<Reservation>, ApiError> {
    let Some(admission) = &core.admission else {
        return Ok(None);
    };
    let creations: Vec<Creation<'_>> = writing
        .iter()
        .filter(|prepared| prepared.effect == Effect::Create && prepared.served.is_namespaced())
        .map(|prepared| prepared.creation())
        .filter(|creation| admission.concerns(creation.namespace))
        .collect();
    if creations.is_empty() {
        return Ok(None);
    }
    core.refresh().await?;
    admission.judge(&creations, StoredObjects::new(core)).map(Some)
}

/// A dry run is told of names that are taken, as the store would tell.
async fn check_absent(core: &Core, writing: &[&Prepared]) -> Result<(), CommitFailure> {
    core.refresh().await.map_err(CommitFailure::Other)?;
    for prepared in writing.iter().filter(|prepared| prepared.effect == Effect::Create) {
        let stored = prepared.served.in_store().map_err(CommitFailure::Other)?;
        if stored.cache.get(&prepared.key).is_some() {
            return Err(CommitFailure::Conflict(prepared.conflict(true)));
        }
    }
    Ok(())
}

fn failure(error: CommitError, writing: &[&Prepared]) -> CommitFailure {
    match error {
        CommitError::Conflict { index, found } => match writing.get(index) {
            Some(prepared) => CommitFailure::Conflict(prepared.conflict(found.is_some())),
            None => CommitFailure::Other(ApiError::internal("the store refused a write that was not asked for")),
        },
        CommitError::Full => CommitFailure::Other(ApiError::new(
            507,
            "InsufficientStorage",
            "nothing was written, because no space is left on the device that holds the store; free some and try again",
        )),
        CommitError::TooLarge(bytes) => CommitFailure::Other(ApiError::request_entity_too_large(format!(
            "the write has {bytes} bytes"
        ))),
        CommitError::Unavailable(why) => CommitFailure::Other(ApiError::service_unavailable(format!(
            "the store cannot be written: {why}"
        ))),
    }
}

impl Prepared {
    fn creation(&self) -> Creation<'_> {
        Creation {
            resource: &self.served.id,
            namespace: metadata::text(&self.object, "namespace"),
            name: metadata::text(&self.object, "name"),
            object: &self.object,
        }
    }

    fn write(&self) -> Write {
        Write {
            key: self.key.to_string(),
            expect: self.expect,
            value: (self.effect != Effect::Delete).then(|| self.value.clone()),
        }
    }

    fn conflict(&self, exists: bool) -> ApiError {
        let name = self.key.rsplit('/').next().unwrap_or_default();
        match (self.effect, exists) {
            (Effect::Create, _) => ApiError::already_exists(&self.served.id, name),
            (_, true) => ApiError::modified(&self.served.id, name),
            (_, false) => ApiError::not_found(&self.served.id, name),
        }
    }

    fn into_written(self, committed: Option<u64>) -> Written {
        let before = self.existing.as_ref().map_or(0, |existing| existing.revision);
        let entry = match (self.effect, self.existing) {
            (Effect::Nothing, Some(existing)) => existing,
            (Effect::Create | Effect::Update, _) => {
                Arc::new(Entry::new(self.key, committed.unwrap_or(before), self.value))
            }
            (_, _) => Arc::new(Entry::new(self.key, before, self.value)),
        };
        Written {
            served: self.served,
            effect: self.effect,
            entry,
            object: self.object,
        }
    }
}

impl From<CommitFailure> for ApiError {
    fn from(failure: CommitFailure) -> Self {
        match failure {
            CommitFailure::Conflict(error) | CommitFailure::Other(error) => error,
        }
    }
}
