use std::sync::LazyLock;

use serde_json::{Value, json};

use super::entry::{Entry, Operation};
use super::{ManagedFields, Part, Writer, ancient};
use crate::fields::{Changes, FieldSet, compare};
use crate::{Object, Schema};

/// Fields that say which object it is, and fields that only the server writes: nobody owns them.
pub(super) fn identity() -> &'static FieldSet {
    static IDENTITY: LazyLock<FieldSet> = LazyLock::new(|| {
        let metadata = [
            ".",
            "f:clusterName",
            "f:creationTimestamp",
            "f:generation",
            "f:managedFields",
            "f:name",
            "f:namespace",
            "f:resourceVersion",
            "f:selfLink",
            "f:uid",
        ];
        let metadata: serde_json::Map<String, Value> = metadata
            .into_iter()
            .map(|field| (field.to_owned(), json!({})))
            .collect();
        FieldSet::trusted(json!({"f:apiVersion": {}, "f:kind": {}, "f:metadata": metadata}))
    });
    &IDENTITY
}

/// What a write changes, as far as anybody can own it.
pub(crate) fn changes(schema: &Schema, part: Part, old: &Object, new: &Object) -> Changes {
    let mut changes = compare(schema, old, new);
    changes.for_each(|set| {
        set.subtract(identity());
        part.restrict(set);
    });
    changes
}

/// What a write makes of the managers: the writer owns what it added and changed, all others lose that, and nobody owns
/// what is gone.
pub(crate) fn record(managed: &mut ManagedFields, changes: &Changes, writer: &Writer) {
    if changes.is_empty() {
        return;
    }
    for entry in &mut managed.entries {
        entry.fields.subtract(&changes.modified);
        entry.fields.subtract(&changes.added);
        entry.fields.subtract(&changes.removed);
    }
    let taken = changes.taken();
    if !taken.is_empty() {
        match managed.place_of(writer, Operation::Update) {
            Some(place) => {
                let own = &mut managed.entries[place];
                own.fields.unite(&taken);
                own.time.clone_from(&writer.time);
            }
            None => managed.entries.push(Entry {
                manager: writer.manager.clone(),
                operation: Operation::Update,
                api_version: writer.api_version.clone(),
                time: writer.time.clone(),
                subresource: writer.subresource.clone(),
                fields: taken,
            }),
        }
    }
    managed.drop_empty();
    ancient::cap(managed);
}
