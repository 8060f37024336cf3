//! How strategic merge patches treat BuildConfigs and Builds. Triggers, environments and images are replaced as a whole.

use weir_apiserver::{Schema, schema};

static VOLUMES: Schema = Schema::merge_by("name", &[("mounts", &Schema::merge_by("destinationPath", &[]))]);
static STRATEGY_WITH_VOLUMES: Schema = Schema::object(&[("volumes", &VOLUMES)]);
static SPEC: Schema = Schema::object(&[(
    "strategy",
    &Schema::object(&[
        ("dockerStrategy", &STRATEGY_WITH_VOLUMES),
        ("sourceStrategy", &STRATEGY_WITH_VOLUMES),
    ]),
)]);

pub(super) static BUILD_CONFIG: Schema = Schema::object(&[("metadata", &schema::OBJECT_META), ("spec", &SPEC)]);

pub(super) static BUILD: Schema = Schema::object(&[
    ("metadata", &schema::OBJECT_META),
    ("spec", &SPEC),
    ("status", &schema::STATUS_WITH_CONDITIONS),
]);
