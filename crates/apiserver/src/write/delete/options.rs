use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cache::Entry;
use crate::catalog::Served;
use crate::context::Query;
use crate::{ApiError, Object, metadata, query};

/// Finalizers that the garbage collector removes: once the dependents have forgotten the object, or are gone.
const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

/// How to delete, from the body and the query of a DELETE.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DeleteOptions {
    pub grace_period_seconds: Option<u32>,
    pub preconditions: Preconditions,
    pub propagation_policy: Option<PropagationPolicy>,
    pub orphan_dependents: Option<bool>,
    pub dry_run: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Preconditions {
    pub uid: Option<String>,
    pub resource_version: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) enum PropagationPolicy {
    Orphan,
    Background,
    Foreground,
}

impl DeleteOptions {
    /// The body wins over the query.
    pub fn parse(body: &Value, query: &Query) -> Result<Self, ApiError> {
        let mut options: Self = match body {
            Value::Null => Self::default(),
            body => serde_json::from_value(body.clone())
                .map_err(|error| ApiError::bad_request(format!("the DeleteOptions cannot be read: {error}")))?,
        };
        if options.grace_period_seconds.is_none() {
            let seconds = query::number(query, "gracePeriodSeconds")?;
            options.grace_period_seconds = seconds.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX));
        }
        if let (None, Some(policy)) = (options.propagation_policy, query::text(query, "propagationPolicy")) {
            let policy = serde_json::from_value(policy.into());
            options.propagation_policy =
                policy.map_err(|error| ApiError::bad_request(format!("propagationPolicy: {error}")))?;
        }
        if options.propagation_policy.is_some() && options.orphan_dependents.is_some() {
            return Err(ApiError::bad_request(
                "orphanDependents and propagationPolicy cannot be both set",
            ));
        }
        Ok(options)
    }

    /// Keeps the object until the garbage collector has dealt with its dependents, when the client wants that. Without a
    /// wish, what earlier deletions said stays.
    pub(super) fn wait_for_dependents(&self, object: &mut Object) {
        let policy = match (self.propagation_policy, self.orphan_dependents) {
            (Some(policy), _) => policy,
            (None, Some(true)) => PropagationPolicy::Orphan,
            (None, Some(false)) => PropagationPolicy::Background,
            (None, None) => return,
        };
        let wanted = match policy {
            PropagationPolicy::Orphan => Some(ORPHAN),
            PropagationPolicy::Foreground => Some(FOREGROUND),
            PropagationPolicy::Background => None,
        };
        let finalizers = object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
        let kept = finalizers
            .into_iter()
            .filter(|finalizer| finalizer != ORPHAN && finalizer != FOREGROUND);
        let finalizers: Vec<Value> = kept.chain(wanted.map(Value::from)).collect();
        let metadata = metadata::members(object);
        match finalizers.is_empty() {
            true => metadata.remove("finalizers"),
            false => metadata.insert("finalizers".to_owned(), finalizers.into()),
        };
    }

    /// As handlers of computed resources get them.
    pub fn to_value(&self) -> Value {
        let mut value = serde_json::json!(self);
        crate::body::drop_nulls(&mut value);
        value
    }

    /// Is this the object that the client means?
    pub(super) fn check(&self, served: &Served, existing: &Entry, old: &Object) -> Result<(), ApiError> {
        let conflict = |why: String| Err(ApiError::conflict(&served.id, existing.name(), why));
        let uid = metadata::text(old, "uid");
        if let Some(wanted) = self.preconditions.uid.as_deref().filter(|wanted| *wanted != uid) {
            return conflict(format!(
                "Precondition failed: UID in precondition: {wanted}, UID in object meta: {uid}"
            ));
        }
        let version = existing.revision.to_string();
        if let Some(wanted) = self
            .preconditions
            .resource_version
            .as_deref()
            .filter(|wanted| *wanted != version)
        {
            return conflict(format!(
                "Precondition failed: ResourceVersion in precondition: {wanted}, ResourceVersion in object meta: {version}"
            ));
        }
        Ok(())
    }
}
