use super::Schema;

/// `metadata` of every object.
pub static OBJECT_META: Schema = Schema::object(&[
    ("finalizers", &Schema::SET),
    ("ownerReferences", &Schema::merge_by("uid", &[]).with_atomic_elements()),
])
.embedded();

/// An object of which only the metadata is special.
pub static METADATA_ONLY: Schema = Schema::object(&[("metadata", &OBJECT_META)]);

/// An object with a `spec` in which nothing is special.
pub static WITH_SPEC: Schema = Schema::object(&[("metadata", &OBJECT_META), ("spec", &Schema::EMBEDDED)]);

/// An object with `spec` and `status` in which nothing is special.
pub static SPEC_AND_STATUS: Schema = Schema::object(&[
    ("metadata", &OBJECT_META),
    ("spec", &Schema::EMBEDDED),
    ("status", &Schema::EMBEDDED),
]);

/// `status.conditions`, of nearly every kind.
pub static CONDITIONS: Schema = Schema::merge_by("type", &[]);

/// A status in which only `conditions` are special.
pub static STATUS_WITH_CONDITIONS: Schema = Schema::object(&[("conditions", &CONDITIONS)]).embedded();
