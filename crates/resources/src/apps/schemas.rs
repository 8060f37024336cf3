use weir_apiserver::{Schema, schema};

/// How strategic merge patches treat DeploymentConfigs. Triggers are replaced as a whole.
pub(super) static DEPLOYMENT_CONFIG: Schema = Schema::object(&[
    ("metadata", &schema::OBJECT_META),
    ("spec", &Schema::object(&[("template", &schema::POD_TEMPLATE_SPEC)])),
    ("status", &schema::STATUS_WITH_CONDITIONS),
]);
