use serde_json::Value;

use super::ManagedFields;
use crate::Schema;
use crate::fields::{FieldSet, collect, remove};

/// The merged object without what the applier said `before`, says no longer, and nobody else owns. `managed` already
/// has what the applier says now.
pub(super) fn prune(schema: &Schema, merged: Value, before: &FieldSet, managed: &ManagedFields) -> Value {
    if before.is_empty() {
        return merged;
    }
    let before = before.with_named_fields(schema);
    let present = |object: &Value| collect(schema, object).with_named_fields(schema);
    let all = present(&merged);

    // Everything that somebody owns stays, with what would otherwise have no place to be in.
    let mut keep = present(&remove(schema, &merged, &before));
    keep.unite(&owned(managed).with_named_fields(schema));
    let mut unwanted = all.clone();
    unwanted.subtract(&keep);

    // Of the rest, only what the applier said before is its to remove.
    let mut gone = all;
    gone.subtract(&present(&remove(schema, &merged, &unwanted)));
    remove(schema, &merged, &gone.intersection(&before))
}

fn owned(managed: &ManagedFields) -> FieldSet {
    let mut all = FieldSet::default();
    for entry in &managed.entries {
        all.unite(&entry.fields);
    }
    all
}
