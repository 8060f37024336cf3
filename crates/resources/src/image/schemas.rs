//! How patches treat the kinds of this group. References to images are owned as a whole: what an object is taken from is
//! one decision.

use weir_apiserver::{Schema, schema};

/// Of an Image, and of what shows one.
pub(super) static IMAGE: Schema = Schema::object(IMAGE_FIELDS);

const IMAGE_FIELDS: weir_apiserver::Fields = &[
    ("dockerImageMetadata", &Schema::OPAQUE),
    ("metadata", &schema::OBJECT_META),
    ("signatures", &SIGNATURES),
];

static SIGNATURES: Schema = Schema::merge_by(
    "name",
    &[("conditions", &schema::CONDITIONS), ("metadata", &schema::OBJECT_META)],
);

pub(super) static IMAGE_STREAM: Schema = Schema::object(&[
    ("metadata", &schema::OBJECT_META),
    (
        "spec",
        &Schema::object(&[
            ("lookupPolicy", &Schema::EMBEDDED),
            ("tags", &Schema::merge_by("name", TAG_REFERENCE_FIELDS)),
        ])
        .embedded(),
    ),
    (
        "status",
        &Schema::object(&[("tags", &Schema::merge_by("tag", &[]))]).embedded(),
    ),
]);

const TAG_REFERENCE_FIELDS: weir_apiserver::Fields = &[
    ("from", &Schema::ATOMIC),
    ("importPolicy", &Schema::EMBEDDED),
    ("referencePolicy", &Schema::EMBEDDED),
];

static TAG_REFERENCE: Schema = Schema::object(TAG_REFERENCE_FIELDS);
static EMBEDDED_IMAGE: Schema = Schema::object(IMAGE_FIELDS).embedded();

pub(super) static IMAGE_STREAM_TAG: Schema = Schema::object(&[
    ("image", &EMBEDDED_IMAGE),
    ("lookupPolicy", &Schema::EMBEDDED),
    ("metadata", &schema::OBJECT_META),
    ("tag", &TAG_REFERENCE),
]);

pub(super) static IMAGE_TAG: Schema = Schema::object(&[
    ("image", &IMAGE),
    ("metadata", &schema::OBJECT_META),
    ("spec", &TAG_REFERENCE),
]);

pub(super) static IMAGE_STREAM_IMAGE: Schema =
    Schema::object(&[("image", &EMBEDDED_IMAGE), ("metadata", &schema::OBJECT_META)]);
