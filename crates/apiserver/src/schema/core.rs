use super::{CONDITIONS, ListKey, OBJECT_META, STATUS_WITH_CONDITIONS, Schema, VOLUMES};

/// What containers are limited to.
pub static RESOURCE_REQUIREMENTS: Schema =
    Schema::object(&[("claims", &Schema::keyed(&[ListKey::required("name")], &[]))]).embedded();

/// Where the value of an environment variable comes from.
static ENV_SOURCE: Schema = Schema::object(&[
    ("configMapKeyRef", &Schema::ATOMIC),
    ("fieldRef", &Schema::ATOMIC),
    ("fileKeyRef", &Schema::ATOMIC),
    ("resourceFieldRef", &Schema::ATOMIC),
    ("secretKeyRef", &Schema::ATOMIC),
]);

const NETWORK_PROTOCOL: ListKey = ListKey::with_default("protocol", "TCP");

/// `containers` of a pod, which no pod is without.
pub static MAIN_CONTAINERS: Schema = Schema::merge_by("name", CONTAINERS.fields).embedded();

/// `initContainers` and `ephemeralContainers` of a pod.
pub static CONTAINERS: Schema = Schema::merge_by(
    "name",
    &[
        ("env", &Schema::merge_by("name", &[("valueFrom", &ENV_SOURCE)])),
        (
            "ports",
            &Schema::merge_by("containerPort", &[]).owned_by(&[ListKey::required("containerPort"), NETWORK_PROTOCOL]),
        ),
        ("resources", &RESOURCE_REQUIREMENTS),
        ("volumeDevices", &Schema::merge_by("devicePath", &[])),
        ("volumeMounts", &Schema::merge_by("mountPath", &[])),
    ],
);

/// `spec` of a pod.
pub static POD_SPEC: Schema = Schema::object(&[
    ("affinity", &AFFINITY),
    ("containers", &MAIN_CONTAINERS),
    ("ephemeralContainers", &CONTAINERS),
    ("hostAliases", &Schema::merge_by("ip", &[])),
    (
        "imagePullSecrets",
        &Schema::merge_by("name", &[]).with_atomic_elements(),
    ),
    ("initContainers", &CONTAINERS),
    ("nodeSelector", &Schema::ATOMIC),
    ("resourceClaims", &Schema::merge_by("name", &[]).retaining_keys()),
    ("resources", &POD_RESOURCES),
    ("schedulingGates", &Schema::merge_by("name", &[])),
    ("topologySpreadConstraints", &TOPOLOGY_SPREAD),
    ("volumes", &VOLUMES),
])
.embedded();

/// Terms of affinities are lists, so only what a node must be is owned apart.
static AFFINITY: Schema = Schema::object(&[(
    "nodeAffinity",
    &Schema::object(&[("requiredDuringSchedulingIgnoredDuringExecution", &Schema::ATOMIC)]),
)]);

static POD_RESOURCES: Schema = Schema::object(&[("claims", &Schema::keyed(&[ListKey::required("name")], &[]))]);

static TOPOLOGY_SPREAD: Schema = Schema::merge_by("topologyKey", &[("labelSelector", &Schema::ATOMIC)])
    .owned_by(&[ListKey::required("topologyKey"), ListKey::required("whenUnsatisfiable")]);

/// A template of pods, in `spec.template` of everything that makes them.
pub static POD_TEMPLATE_SPEC: Schema = Schema::object(&[("metadata", &OBJECT_META), ("spec", &POD_SPEC)]);

pub static POD: Schema = Schema::object(&[("metadata", &OBJECT_META), ("spec", &POD_SPEC), ("status", &POD_STATUS)]);

static POD_STATUS: Schema = Schema::object(&[
    ("conditions", &CONDITIONS),
    ("hostIPs", &Schema::merge_by("ip", &[]).owned_whole()),
    ("podIPs", &Schema::merge_by("ip", &[])),
    ("resourceClaimStatuses", &Schema::merge_by("name", &[]).retaining_keys()),
    ("resources", &POD_RESOURCES),
])
.embedded();

pub static REPLICATION_CONTROLLER: Schema = Schema::object(&[
    ("metadata", &OBJECT_META),
    (
        "spec",
        &Schema::object(&[("selector", &Schema::ATOMIC), ("template", &POD_TEMPLATE_SPEC)]).embedded(),
    ),
    ("status", &STATUS_WITH_CONDITIONS),
]);

pub static SERVICE: Schema = Schema::object(&[
    ("metadata", &OBJECT_META),
    (
        "spec",
        &Schema::object(&[
            (
                "ports",
                &Schema::merge_by("port", &[]).owned_by(&[ListKey::required("port"), NETWORK_PROTOCOL]),
            ),
            ("selector", &Schema::ATOMIC),
        ])
        .embedded(),
    ),
    (
        "status",
        &Schema::object(&[("conditions", &CONDITIONS), ("loadBalancer", &Schema::EMBEDDED)]).embedded(),
    ),
]);

pub static SERVICE_ACCOUNT: Schema = Schema::object(&[
    ("metadata", &OBJECT_META),
    ("secrets", &Schema::merge_by("name", &[]).with_atomic_elements()),
]);

pub static NAMESPACE: Schema = Schema::object(&[
    ("metadata", &OBJECT_META),
    ("spec", &Schema::EMBEDDED),
    ("status", &STATUS_WITH_CONDITIONS),
]);

pub static RESOURCE_QUOTA: Schema = Schema::object(&[
    ("metadata", &OBJECT_META),
    (
        "spec",
        &Schema::object(&[("scopeSelector", &Schema::ATOMIC)]).embedded(),
    ),
    ("status", &Schema::EMBEDDED),
]);

pub static LIMIT_RANGE: Schema = Schema::object(&[("metadata", &OBJECT_META), ("spec", &Schema::EMBEDDED)]);

pub static NODE: Schema = Schema::object(&[
    ("metadata", &OBJECT_META),
    ("spec", &Schema::object(&[("podCIDRs", &Schema::SET)]).embedded()),
    (
        "status",
        &Schema::object(&[
            ("addresses", &Schema::merge_by("type", &[])),
            ("conditions", &CONDITIONS),
            (
                "daemonEndpoints",
                &Schema::object(&[("kubeletEndpoint", &Schema::EMBEDDED)]).embedded(),
            ),
            ("nodeInfo", &Schema::EMBEDDED),
        ])
        .embedded(),
    ),
]);

/// Events of the core group.
pub static EVENT: Schema = Schema::object(&[
    ("metadata", &OBJECT_META),
    ("involvedObject", &Schema::ATOMIC.embedded()),
    ("related", &Schema::ATOMIC),
    ("source", &Schema::EMBEDDED),
]);

/// Events of `events.k8s.io`, which call the same fields by other names.
pub static EVENTS_EVENT: Schema = Schema::object(&[
    ("metadata", &OBJECT_META),
    ("deprecatedSource", &Schema::EMBEDDED),
    ("regarding", &Schema::ATOMIC.embedded()),
    ("related", &Schema::ATOMIC),
]);

/// RoleBindings and ClusterRoleBindings.
pub static ROLE_BINDING: Schema =
    Schema::object(&[("metadata", &OBJECT_META), ("roleRef", &Schema::ATOMIC.embedded())]);
