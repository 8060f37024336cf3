//! What the parts of this machine may do. Each acts under a name of its own and with what it needs.

use weir_rbac::{RoleRef, Subject};

use super::rules::*;
use super::{DefaultBinding, DefaultRole, role};

const COMPONENTS: [&str; 4] = [
    "system:weir:agent",
    "system:weir:builder",
    "system:weir:controllers",
    "system:weir:registry",
];

pub(super) fn roles() -> Vec<DefaultRole> {
    vec![agent(), builder(), controllers(), registry()]
}

/// Every component holds the role of its name.
pub(super) fn bindings() -> Vec<DefaultBinding> {
    COMPONENTS
        .into_iter()
        .map(|name| DefaultBinding {
            namespace: "",
            name,
            role: RoleRef::cluster_role(name),
            subjects: vec![Subject::user(name)],
        })
        .collect()
}

/// Runs pods as a kubelet does, and binds them to its node as a scheduler does.
fn agent() -> DefaultRole {
    role(
        "system:weir:agent",
        "",
        [
            on(READ, CORE, &["pods"]),
            on(&["delete", "patch", "update"], CORE, &["pods"]),
            on(&["create"], CORE, &["pods/binding"]),
            on(&["get", "patch", "update"], CORE, &["pods/status"]),
            on(READ, CORE, &["nodes", "services"]),
            on(&["create", "patch", "update"], CORE, &["nodes"]),
            on(&["get", "patch", "update"], CORE, &["nodes/status"]),
            on(READ, CORE, &["configmaps", "secrets", "serviceaccounts"]),
            on(&["create"], CORE, &["serviceaccounts/token"]),
            on(&["create", "patch", "update"], EVENTS, &["events"]),
            on(READ, IMAGE, &["images"]),
            on(ALL_VERBS, COORDINATION, &["leases"]),
        ],
    )
}

/// Runs build pods, reads what goes into them, and reports what came out.
fn builder() -> DefaultRole {
    role(
        "system:weir:builder",
        "",
        [
            on(READ, CORE, &["pods"]),
            on(&["delete"], CORE, &["pods"]),
            on(&["get", "patch", "update"], CORE, &["pods/status"]),
            on(&["get"], CORE, &["configmaps", "secrets", "serviceaccounts"]),
            on(&["create"], CORE, &["serviceaccounts/token"]),
            on(&["get", "list"], BUILD, &["builds"]),
            on(&["update"], BUILD, &["builds/details"]),
            on(
                &["get"],
                IMAGE,
                &["imagestreams", "imagestreamtags", "imagestreamimages"],
            ),
        ],
    )
}

/// All loops together. Garbage collection and the end of a namespace reach every kind that there is; the rest is what
/// the loops make. They may not raise rights: roles that they write consist of rules that others wrote.
fn controllers() -> DefaultRole {
    const EVERYTHING: &[&str] = &["*"];
    role(
        "system:weir:controllers",
        "",
        [
            on(
                &["delete", "deletecollection", "get", "list", "patch", "update", "watch"],
                EVERYTHING,
                EVERYTHING,
            ),
            paths(&["/api", "/api/*", "/apis", "/apis/*", "/version"]),
            on(
                &["create"],
                CORE,
                &[
                    "configmaps",
                    "endpoints",
                    "pods",
                    "replicationcontrollers",
                    "secrets",
                    "serviceaccounts",
                ],
            ),
            on(&["create"], CORE, &["serviceaccounts/token"]),
            on(&["create"], EVENTS, &["events"]),
            on(&["create"], APPS, &["replicasets"]),
            on(
                &["create"],
                BUILD,
                &["buildconfigs/instantiate", "builds", "builds/clone"],
            ),
            on(
                &["create"],
                BUILD,
                &[
                    "builds/custom",
                    "builds/docker",
                    "builds/jenkinspipeline",
                    "builds/optimizeddocker",
                    "builds/source",
                ],
            ),
            on(&["create"], DEPLOY, &["deploymentconfigs/instantiate"]),
            on(&["create"], IMAGE, &["imagestreamimports", "imagestreams"]),
            on(&["create"], RBAC, &["rolebindings"]),
            on(&["bind"], RBAC, &["clusterroles"]).named(&[
                "system:deployer",
                "system:image-builder",
                "system:image-puller",
            ]),
            on(&["escalate"], RBAC, &["clusterroles"]),
        ],
    )
}

/// Reads streams, records what was pushed, and asks what others may do.
fn registry() -> DefaultRole {
    role(
        "system:weir:registry",
        "",
        [
            on(READ, IMAGE, &["imagestreams"]),
            on(
                &["get"],
                IMAGE,
                &["imagestreamimages", "imagestreams/layers", "imagestreamtags"],
            ),
            on(&["create", "get", "list"], IMAGE, &["images"]),
            on(&["create"], IMAGE, &["imagestreammappings"]),
            on(&["create"], REVIEWS, &["subjectaccessreviews"]),
            on(&["create"], IDENTITY, &["tokenreviews"]),
            on(&["get"], CORE, &["secrets"]),
        ],
    )
}
