use super::{OBJECT_META, Schema};

/// `spec.volumes` of a pod. What a volume comes from excludes every other source, so patches retain keys.
pub static VOLUMES: Schema = Schema::merge_by(
    "name",
    &[
        ("cephfs", &WITH_SECRET),
        ("cinder", &WITH_SECRET),
        ("csi", &Schema::object(&[("nodePublishSecretRef", &Schema::ATOMIC)])),
        ("ephemeral", &EPHEMERAL),
        ("flexVolume", &WITH_SECRET),
        ("iscsi", &WITH_SECRET),
        ("rbd", &WITH_SECRET),
        ("scaleIO", &WITH_SECRET),
        ("storageos", &WITH_SECRET),
    ],
)
.retaining_keys();

static WITH_SECRET: Schema = Schema::object(&[("secretRef", &Schema::ATOMIC)]);

static EPHEMERAL: Schema = Schema::object(&[(
    "volumeClaimTemplate",
    &Schema::object(&[("metadata", &OBJECT_META), ("spec", &VOLUME_CLAIM_SPEC)]),
)]);

/// `spec` of a claim for a persistent volume.
pub static VOLUME_CLAIM_SPEC: Schema = Schema::object(&[
    ("dataSource", &Schema::ATOMIC),
    ("resources", &Schema::EMBEDDED),
    ("selector", &Schema::ATOMIC),
])
.embedded();
