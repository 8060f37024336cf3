use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cache::Entry;
use crate::catalog::Served;
use crate::chain::options_kind;
use crate::context::Query;
use crate::metadata::{self, FOREGROUND, ORPHAN};
use crate::{ApiError, FieldError, Object, query};

/// How to delete, from the body and the query of a DELETE.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DeleteOptions {
    pub grace_period_seconds: Option<i64>,
    pub preconditions: Preconditions,
    propagation_policy: Option<String>,
    pub orphan_dependents: Option<bool>,
    pub dry_run: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Preconditions {
    pub uid: Option<String>,
    pub resource_version: Option<String>,
}

/// What becomes of the dependents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Propagation {
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
        options.fill(query)?;
        let problems = options.problems();
        match problems.is_empty() {
            true => Ok(options),
            false => Err(ApiError::invalid(&options_kind("DeleteOptions"), "", problems)),
        }
    }

    /// Takes from the query what the body leaves open.
    fn fill(&mut self, query: &Query) -> Result<(), ApiError> {
        if self.grace_period_seconds.is_none() {
            self.grace_period_seconds = query::integer(query, "gracePeriodSeconds")?;
        }
        if self.propagation_policy.is_none() {
            self.propagation_policy = query::text(query, "propagationPolicy").map(str::to_owned);
        }
        if self.orphan_dependents.is_none() && query.contains_key("orphanDependents") {
            self.orphan_dependents = Some(query::flag(query, "orphanDependents")?);
        }
        Ok(())
    }

    fn problems(&self) -> Vec<FieldError> {
        const FIELD: &str = "propagationPolicy";
        let mut problems = Vec::new();
        let Some(policy) = &self.propagation_policy else {
            return problems;
        };
        if self.orphan_dependents.is_some() {
            let why = "orphanDependents and deletionPropagation cannot be both set";
            problems.push(FieldError::invalid(FIELD, policy, why));
        }
        if propagation(policy).is_none() {
            let supported = ["Background", "Foreground", "Orphan", "nil"];
            problems.push(FieldError::not_supported(FIELD, policy, &supported));
        }
        problems
    }

    /// How long the object may take to end. Less than nothing means as soon as it can in an orderly way.
    pub fn grace(&self) -> Option<u32> {
        self.grace_period_seconds.map(|seconds| match seconds {
            seconds if seconds < 0 => 1,
            seconds => u32::try_from(seconds).unwrap_or(u32::MAX),
        })
    }

    /// Keeps the object until the garbage collector has dealt with its dependents, when the client wants that. Without a
    /// wish, what earlier deletions said stays.
    pub(super) fn wait_for_dependents(&self, object: &mut Object) {
        let policy = match (&self.propagation_policy, self.orphan_dependents) {
            (Some(policy), _) => propagation(policy),
            (None, Some(true)) => Some(Propagation::Orphan),
            (None, Some(false)) => Some(Propagation::Background),
            (None, None) => None,
        };
        let Some(policy) = policy else {
            return;
        };
        let wanted = match policy {
            Propagation::Orphan => Some(ORPHAN),
            Propagation::Foreground => Some(FOREGROUND),
            Propagation::Background => None,
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
                "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have been \
                 deleted and then recreated"
            ));
        }
        let version = existing.revision.to_string();
        let wanted = self.preconditions.resource_version.as_deref();
        if let Some(wanted) = wanted.filter(|wanted| *wanted != version) {
            return conflict(format!(
                "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({version}). \
                 The object might have been modified"
            ));
        }
        Ok(())
    }
}

fn propagation(policy: &str) -> Option<Propagation> {
    match policy {
        "Orphan" => Some(Propagation::Orphan),
        "Background" => Some(Propagation::Background),
        "Foreground" => Some(Propagation::Foreground),
        _ => None,
    }
}
