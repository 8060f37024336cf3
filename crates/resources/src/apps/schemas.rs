use weir_apiserver::{Schema, schema};

/// How patches treat DeploymentConfigs. Triggers, and the environments of hooks, are replaced and owned as a whole.
pub(super) static DEPLOYMENT_CONFIG: Schema = Schema::object(&[
    ("metadata", &schema::OBJECT_META),
    (
        "spec",
        &Schema::object(&[
            (
                "strategy",
                &Schema::object(&[("resources", &schema::RESOURCE_REQUIREMENTS)]).embedded(),
            ),
            ("template", &schema::POD_TEMPLATE_SPEC),
        ])
        .embedded(),
    ),
    ("status", &schema::STATUS_WITH_CONDITIONS),
]);
