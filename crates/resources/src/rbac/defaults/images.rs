//! Roles about images and the registry.

use weir_rbac::PolicyRule;

use super::rules::*;
use super::{DefaultRole, role};

const OF_STREAMS: &[&str] = &[
    "imagestreamimages",
    "imagestreammappings",
    "imagestreams",
    "imagestreamtags",
    "imagetags",
];

pub(super) fn roles() -> Vec<DefaultRole> {
    let mut roles = single_tasks();
    roles.extend(registry_users());
    roles
}

fn single_tasks() -> Vec<DefaultRole> {
    vec![
        role(
            "system:image-puller",
            "Grants the right to pull images from within a project.",
            [pull()],
        ),
        role(
            "system:image-pusher",
            "Grants the right to push and pull images from within a project.",
            [push()],
        ),
        role(
            "system:image-builder",
            "Grants the right to build, push and pull images from within a project.",
            [
                push(),
                on(&["create"], IMAGE, &["imagestreams"]),
                on(&["update"], BUILD, &["builds/details"]),
                on(&["get"], BUILD, &["builds"]),
            ],
        ),
        role(
            "system:image-auditor",
            "Grants the right to read all images and to write down what is known of them.",
            [on(&["get", "list", "patch", "update", "watch"], IMAGE, &["images"])],
        ),
        role(
            "system:image-signer",
            "Grants the right to write signatures of images.",
            [
                on(&["get"], IMAGE, &["images", "imagestreams/layers"]),
                on(&["create", "delete"], IMAGE, &["imagesignatures"]),
            ],
        ),
        role(
            "system:image-pruner",
            "Grants the right to see what uses images and to delete those that nothing uses.",
            [
                on(&["delete"], IMAGE, &["images"]),
                on(&["get", "list"], IMAGE, &["images", "imagestreams"]),
                on(&["update"], IMAGE, &["imagestreams/status"]),
                on(
                    &["get", "list"],
                    CORE,
                    &["limitranges", "pods", "replicationcontrollers"],
                ),
                on(&["get", "list"], BUILD, &["buildconfigs", "builds"]),
                on(&["get", "list"], DEPLOY, &["deploymentconfigs"]),
                on(&["get", "list"], APPS, &["deployments", "replicasets"]),
            ],
        ),
    ]
}

fn registry_users() -> Vec<DefaultRole> {
    vec![
        role(
            "registry-admin",
            "A user that can manage the images of a project and who may work with them.",
            [
                on(READ, CORE, &["namespaces"]),
                on(ALL_VERBS, CORE, &["secrets", "serviceaccounts"]),
                on(ALL_VERBS, IMAGE, OF_STREAMS),
                on(ALL_VERBS, IMAGE, &["imagestreams/secrets"]),
                push(),
                on(&["create"], IMAGE, &["imagestreamimports"]),
                on(ALL_VERBS, RBAC, &["rolebindings", "roles"]),
                on(&["create"], REVIEWS, &["localsubjectaccessreviews"]),
                on(
                    &["create"],
                    OLD_REVIEWS,
                    &[
                        "localresourceaccessreviews",
                        "localsubjectaccessreviews",
                        "subjectrulesreviews",
                    ],
                ),
                on(&["delete", "get"], PROJECT, &["projects"]),
            ],
        ),
        role(
            "registry-editor",
            "A user that can change the images of a project.",
            [
                on(READ, CORE, &["namespaces"]),
                on(ALL_VERBS, CORE, &["secrets", "serviceaccounts"]),
                on(ALL_VERBS, IMAGE, OF_STREAMS),
                on(ALL_VERBS, IMAGE, &["imagestreams/secrets"]),
                push(),
                on(&["create"], IMAGE, &["imagestreamimports"]),
                on(&["get"], PROJECT, &["projects"]),
            ],
        ),
        role(
            "registry-viewer",
            "A user that can see and pull the images of a project.",
            [
                on(READ, CORE, &["namespaces"]),
                on(READ, IMAGE, OF_STREAMS),
                pull(),
                on(&["get"], PROJECT, &["projects"]),
            ],
        ),
    ]
}

fn pull() -> PolicyRule {
    on(&["get"], IMAGE, &["imagestreams/layers"])
}

fn push() -> PolicyRule {
    on(&["get", "update"], IMAGE, &["imagestreams/layers"])
}
