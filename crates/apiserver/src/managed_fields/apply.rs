use serde_json::json;

use super::conflict::{self, Conflict};
use super::entry::{Entry, Operation};
use super::update::identity;
use super::{ManagedFields, Part, Writer, last_applied, prune, update};
use crate::fields::{FieldSet, collect_strict, merge};
use crate::{ApiError, Object, Schema, metadata};

/// Owns what an object already has when nobody was ever noted down for it.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// What somebody wants of an object: all that they want of it, and nothing else.
pub(crate) struct Wish<'a> {
    pub object: &'a Object,
    pub applier: &'a Writer,
    /// Take fields from others instead of reporting conflicts.
    pub force: bool,
    pub part: Part,
}

/// What an object is after an apply.
#[derive(Debug)]
pub(crate) struct Applied {
    pub object: Object,
    pub managed: ManagedFields,
}

/// Why nothing is applied.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplyError {
    /// The wish itself is wrong, whatever it is applied to.
    #[error("{0}")]
    Malformed(String),
    /// Others own fields with other values.
    #[error("{0}")]
    Conflicts(ApiError),
}

/// Puts the wish on top of the live object, removes what the applier no longer wants, and moves the ownership.
/// `live` is without its managed fields, which are given apart.
pub(crate) fn apply(
    schema: &Schema,
    live: &Object,
    managed: &ManagedFields,
    wish: &Wish<'_>,
) -> Result<Applied, ApplyError> {
    let mut managed = managed.clone();
    if managed.is_empty() {
        managed = before_first_apply(schema, live, wish);
    }
    let fields = wished_fields(schema, wish)?;
    let before = own_fields(&managed, wish.applier);
    own(&mut managed, wish.applier, fields);
    let merged = merge(schema, live, wish.object);
    let mut object = prune::prune(schema, merged, &before, &managed);

    let changes = update::changes(schema, wish.part, live, &object);
    let conflicts = conflict::find(&managed, &changes.taken(), wish.applier);
    check(schema, live, wish, conflicts)?;
    for entry in &mut managed.entries {
        if !entry.is_of(wish.applier, Operation::Apply) {
            entry.fields.subtract(&changes.modified);
            entry.fields.subtract(&changes.added);
        }
        entry.fields.subtract(&changes.removed);
    }
    if let Some(place) = managed.place_of(wish.applier, Operation::Apply) {
        managed.entries[place].fields.subtract(identity());
    }
    managed.drop_empty();
    last_applied::note(&mut object, &wish.applier.manager, wish.object);
    Ok(Applied { object, managed })
}

fn wished_fields(schema: &Schema, wish: &Wish<'_>) -> Result<FieldSet, ApplyError> {
    if !wish.object["metadata"]["managedFields"].is_null() {
        return Err(ApplyError::Malformed("metadata.managedFields must be nil".to_owned()));
    }
    let mut fields = collect_strict(schema, wish.object).map_err(|misfit| {
        let text = |field: &str| wish.object[field].as_str().unwrap_or_default();
        let (namespace, name) = (
            metadata::text(wish.object, "namespace"),
            metadata::text(wish.object, "name"),
        );
        ApplyError::Malformed(format!(
            "failed to create typed patch object ({namespace}/{name}; {}, Kind={}): {misfit}",
            text("apiVersion"),
            text("kind")
        ))
    })?;
    if wish.part == Part::Status {
        // What names the object stays in the set, so that `metadata` is not taken for something unwanted.
        let mut status = fields.intersection(identity());
        fields.keep_field("status");
        status.unite(&fields);
        return Ok(status);
    }
    wish.part.restrict(&mut fields);
    Ok(fields)
}

/// The fields that the applier said before.
fn own_fields(managed: &ManagedFields, applier: &Writer) -> FieldSet {
    let place = managed.place_of(applier, Operation::Apply);
    place.map_or_else(FieldSet::default, |place| managed.entries[place].fields.clone())
}

fn own(managed: &mut ManagedFields, applier: &Writer, fields: FieldSet) {
    let entry = Entry {
        manager: applier.manager.clone(),
        operation: Operation::Apply,
        api_version: applier.api_version.clone(),
        time: applier.time.clone(),
        subresource: applier.subresource.clone(),
        fields,
    };
    match managed.place_of(applier, Operation::Apply) {
        Some(place) => managed.entries[place] = entry,
        None => managed.entries.push(entry),
    }
}

/// An object whose writers were never noted down: all it has is owned by nobody in particular.
fn before_first_apply(schema: &Schema, live: &Object, wish: &Wish<'_>) -> ManagedFields {
    let nobody = Writer {
        manager: BEFORE_FIRST_APPLY.to_owned(),
        ..wish.applier.clone()
    };
    let mut managed = ManagedFields::default();
    let changes = update::changes(schema, wish.part, &json!({}), live);
    update::record(&mut managed, &changes, &nobody);
    managed
}

/// Conflicts end the apply, unless they are forced or only about what the applier owns by another name.
fn check(schema: &Schema, live: &Object, wish: &Wish<'_>, mut conflicts: Vec<Conflict>) -> Result<(), ApplyError> {
    if wish.force || conflicts.is_empty() {
        return Ok(());
    }
    let own = last_applied::fields_of_kubectl(schema, &wish.applier.manager, live);
    for conflict in &mut conflicts {
        conflict.fields.subtract(&own);
    }
    conflicts.retain(|conflict| !conflict.fields.is_empty());
    match conflicts.is_empty() {
        true => Ok(()),
        false => Err(ApplyError::Conflicts(conflict::error(&conflicts))),
    }
}
