use super::Schema;

/// `metadata` of every object.
pub static OBJECT_META: Schema = Schema::object(&[
    ("finalizers", &Schema::SET),
    ("ownerReferences", &Schema::merge_by("uid", &[])),
]);

/// An object of which only the metadata has lists that merge.
pub static METADATA_ONLY: Schema = Schema::object(&[("metadata", &OBJECT_META)]);

/// `status.conditions`, of nearly every kind.
pub static CONDITIONS: Schema = Schema::merge_by("type", &[]);

/// A status whose only list that merges is `conditions`.
pub static STATUS_WITH_CONDITIONS: Schema = Schema::object(&[("conditions", &CONDITIONS)]);
