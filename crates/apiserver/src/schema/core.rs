use super::{CONDITIONS, OBJECT_META, STATUS_WITH_CONDITIONS, Schema};

/// `containers`, `initContainers` and `ephemeralContainers` of a pod.
pub static CONTAINERS: Schema = Schema::merge_by(
    "name",
    &[
        ("env", &Schema::merge_by("name", &[])),
        ("ports", &Schema::merge_by("containerPort", &[])),
        ("volumeDevices", &Schema::merge_by("devicePath", &[])),
        ("volumeMounts", &Schema::merge_by("mountPath", &[])),
    ],
);

/// `spec` of a pod. Tolerations and affinity terms are replaced as a whole.
pub static POD_SPEC: Schema = Schema::object(&[
    ("containers", &CONTAINERS),
    ("ephemeralContainers", &CONTAINERS),
    ("hostAliases", &Schema::merge_by("ip", &[])),
    ("imagePullSecrets", &Schema::merge_by("name", &[])),
    ("initContainers", &CONTAINERS),
    ("resourceClaims", &Schema::merge_by("name", &[])),
    ("schedulingGates", &Schema::merge_by("name", &[])),
    ("topologySpreadConstraints", &Schema::merge_by("topologyKey", &[])),
    (
        "volumes",
        &Schema::merge_by("name", &[("ephemeral", &EPHEMERAL_VOLUME)]),
    ),
]);

static EPHEMERAL_VOLUME: Schema =
    Schema::object(&[("volumeClaimTemplate", &Schema::object(&[("metadata", &OBJECT_META)]))]);

/// A template of pods, in `spec.template` of everything that makes them.
pub static POD_TEMPLATE_SPEC: Schema = Schema::object(&[("metadata", &OBJECT_META), ("spec", &POD_SPEC)]);

pub static POD: Schema = Schema::object(&[("metadata", &OBJECT_META), ("spec", &POD_SPEC), ("status", &POD_STATUS)]);

static POD_STATUS: Schema = Schema::object(&[
    ("conditions", &CONDITIONS),
    ("hostIPs", &Schema::merge_by("ip", &[])),
    ("podIPs", &Schema::merge_by("ip", &[])),
    ("resourceClaimStatuses", &Schema::merge_by("name", &[])),
]);

pub static REPLICATION_CONTROLLER: Schema = Schema::object(&[
    ("metadata", &OBJECT_META),
    ("spec", &Schema::object(&[("template", &POD_TEMPLATE_SPEC)])),
    ("status", &STATUS_WITH_CONDITIONS),
]);

pub static SERVICE: Schema = Schema::object(&[
    ("metadata", &OBJECT_META),
    ("spec", &Schema::object(&[("ports", &Schema::merge_by("port", &[]))])),
    ("status", &STATUS_WITH_CONDITIONS),
]);

pub static SERVICE_ACCOUNT: Schema =
    Schema::object(&[("metadata", &OBJECT_META), ("secrets", &Schema::merge_by("name", &[]))]);

pub static NAMESPACE: Schema = Schema::object(&[("metadata", &OBJECT_META), ("status", &STATUS_WITH_CONDITIONS)]);
