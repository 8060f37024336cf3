//! How patches treat BuildConfigs and Builds. Triggers, environments and images are replaced and owned as a whole.

use weir_apiserver::{Schema, schema};

static VOLUMES: Schema = Schema::merge_by(
    "name",
    &[
        ("mounts", &Schema::merge_by("destinationPath", &[]).embedded()),
        (
            "source",
            &Schema::object(&[("csi", &Schema::object(&[("nodePublishSecretRef", &Schema::ATOMIC)]))]).embedded(),
        ),
    ],
);

/// A strategy whose builder image may be left out.
static DOCKER_STRATEGY: Schema = Schema::object(&[
    ("from", &Schema::ATOMIC),
    ("pullSecret", &Schema::ATOMIC),
    ("volumes", &VOLUMES),
]);

/// A strategy that is nothing without its builder image.
static IMAGE_STRATEGY: Schema = Schema::object(&[
    ("from", &Schema::ATOMIC.embedded()),
    ("pullSecret", &Schema::ATOMIC),
    ("volumes", &VOLUMES),
]);

static CUSTOM_STRATEGY: Schema =
    Schema::object(&[("from", &Schema::ATOMIC.embedded()), ("pullSecret", &Schema::ATOMIC)]);

static STRATEGY: Schema = Schema::object(&[
    ("customStrategy", &CUSTOM_STRATEGY),
    ("dockerStrategy", &DOCKER_STRATEGY),
    ("sourceStrategy", &IMAGE_STRATEGY),
])
.embedded();

static REVISION: Schema = Schema::object(&[(
    "git",
    &Schema::object(&[("author", &Schema::EMBEDDED), ("committer", &Schema::EMBEDDED)]),
)]);

static SPEC: Schema = Schema::object(&[
    (
        "output",
        &Schema::object(&[("pushSecret", &Schema::ATOMIC), ("to", &Schema::ATOMIC)]).embedded(),
    ),
    ("postCommit", &Schema::EMBEDDED),
    ("resources", &schema::RESOURCE_REQUIREMENTS),
    ("revision", &REVISION),
    (
        "source",
        &Schema::object(&[("sourceSecret", &Schema::ATOMIC)]).embedded(),
    ),
    ("strategy", &STRATEGY),
])
.embedded();

pub(super) static BUILD_CONFIG: Schema = Schema::object(&[
    ("metadata", &schema::OBJECT_META),
    ("spec", &SPEC),
    ("status", &Schema::EMBEDDED),
]);

pub(super) static BUILD: Schema = Schema::object(&[
    ("metadata", &schema::OBJECT_META),
    ("spec", &SPEC),
    (
        "status",
        &Schema::object(&[
            ("conditions", &schema::CONDITIONS),
            ("config", &Schema::ATOMIC),
            ("output", &Schema::EMBEDDED),
        ])
        .embedded(),
    ),
]);
