//! `admin`, `edit` and `view` of a project, and what they consist of.

use super::rules::*;
use super::{DefaultRole, TO_ADMIN, TO_EDIT, TO_VIEW, aggregated, part};

pub(super) fn roles() -> Vec<DefaultRole> {
    vec![
        aggregated(
            "admin",
            "A user that has edit rights within the project and can change the project's membership.",
            &[],
            &[TO_ADMIN],
        ),
        aggregated(
            "edit",
            "A user that can create and edit most objects in a project, but can not update the project's membership.",
            &[TO_ADMIN],
            &[TO_EDIT],
        ),
        aggregated(
            "view",
            "A user who can view but not edit any resources within the project. They can not view secrets or membership.",
            &[TO_EDIT],
            &[TO_VIEW],
        ),
        kubernetes_admin(),
        kubernetes_edit(),
        kubernetes_view(),
        openshift_admin(),
        openshift_edit(),
        openshift_view(),
    ]
}

fn kubernetes_admin() -> DefaultRole {
    part(
        &[TO_ADMIN],
        "system:aggregate-to-admin",
        [
            on(&["create"], REVIEWS, &["localsubjectaccessreviews"]),
            on(ALL_VERBS, RBAC, &["rolebindings", "roles"]),
        ],
    )
}

fn kubernetes_edit() -> DefaultRole {
    const INTO_PODS: &[&str] = &["pods/attach", "pods/exec", "pods/portforward", "pods/proxy"];
    part(
        &[TO_EDIT],
        "system:aggregate-to-edit",
        [
            on(READ, CORE, &["secrets", "services/proxy"]),
            on(READ, CORE, INTO_PODS),
            on(&["impersonate"], CORE, &["serviceaccounts"]),
            on(WRITE, CORE, &["pods"]),
            on(WRITE, CORE, INTO_PODS),
            on(&["create"], CORE, &["pods/eviction", "serviceaccounts/token"]),
            on(
                WRITE,
                CORE,
                &[
                    "configmaps",
                    "persistentvolumeclaims",
                    "replicationcontrollers",
                    "replicationcontrollers/scale",
                    "secrets",
                    "serviceaccounts",
                    "services",
                    "services/proxy",
                ],
            ),
            on(WRITE, EVENTS, &["events"]),
            on(
                WRITE,
                APPS,
                &[
                    "deployments",
                    "deployments/rollback",
                    "deployments/scale",
                    "replicasets",
                    "replicasets/scale",
                ],
            ),
            on(ALL_VERBS, COORDINATION, &["leases"]),
        ],
    )
}

fn kubernetes_view() -> DefaultRole {
    part(
        &[TO_VIEW],
        "system:aggregate-to-view",
        [
            on(
                READ,
                CORE,
                &[
                    "bindings",
                    "configmaps",
                    "endpoints",
                    "limitranges",
                    "namespaces",
                    "namespaces/status",
                    "persistentvolumeclaims",
                    "persistentvolumeclaims/status",
                    "pods",
                    "pods/log",
                    "pods/status",
                    "replicationcontrollers",
                    "replicationcontrollers/scale",
                    "replicationcontrollers/status",
                    "resourcequotas",
                    "resourcequotas/status",
                    "serviceaccounts",
                    "services",
                    "services/status",
                ],
            ),
            on(READ, EVENTS, &["events"]),
            on(
                READ,
                APPS,
                &[
                    "deployments",
                    "deployments/scale",
                    "deployments/status",
                    "replicasets",
                    "replicasets/scale",
                    "replicasets/status",
                ],
            ),
        ],
    )
}

fn openshift_admin() -> DefaultRole {
    part(
        &[TO_ADMIN],
        "system:openshift:aggregate-to-admin",
        [
            on(
                &["create"],
                OLD_REVIEWS,
                &[
                    "localresourceaccessreviews",
                    "localsubjectaccessreviews",
                    "subjectrulesreviews",
                ],
            ),
            on(&["delete", "get", "patch", "update"], PROJECT, &["projects"]),
            on(&["get", "patch", "update", "delete"], CORE, &["namespaces"]),
            on(&["update"], BUILD, &["builds/details"]),
        ],
    )
}

fn openshift_edit() -> DefaultRole {
    part(
        &[TO_EDIT],
        "system:openshift:aggregate-to-edit",
        [
            on(&["get"], PROJECT, &["projects"]),
            on(
                ALL_VERBS,
                IMAGE,
                &[
                    "imagestreamimages",
                    "imagestreammappings",
                    "imagestreams",
                    "imagestreams/secrets",
                    "imagestreamtags",
                    "imagetags",
                ],
            ),
            on(&["get", "update"], IMAGE, &["imagestreams/layers"]),
            on(&["create"], IMAGE, &["imagestreamimports"]),
            on(ALL_VERBS, BUILD, &["buildconfigs", "buildconfigs/webhooks", "builds"]),
            on(
                &["create"],
                BUILD,
                &[
                    "buildconfigs/instantiate",
                    "buildconfigs/instantiatebinary",
                    "builds/clone",
                ],
            ),
            on(&["get", "list", "watch"], BUILD, &["builds/log"]),
            on(ALL_VERBS, DEPLOY, &["deploymentconfigs", "deploymentconfigs/scale"]),
            on(
                &["create"],
                DEPLOY,
                &[
                    "deploymentconfigrollbacks",
                    "deploymentconfigs/instantiate",
                    "deploymentconfigs/rollback",
                ],
            ),
        ],
    )
}

fn openshift_view() -> DefaultRole {
    part(
        &[TO_VIEW],
        "system:openshift:aggregate-to-view",
        [
            on(&["get"], PROJECT, &["projects"]),
            on(
                READ,
                IMAGE,
                &[
                    "imagestreamimages",
                    "imagestreammappings",
                    "imagestreams",
                    "imagestreamtags",
                    "imagetags",
                ],
            ),
            on(&["get"], IMAGE, &["imagestreams/status"]),
            on(
                READ,
                BUILD,
                &["buildconfigs", "buildconfigs/webhooks", "builds", "builds/log"],
            ),
            on(
                READ,
                DEPLOY,
                &[
                    "deploymentconfigs",
                    "deploymentconfigs/log",
                    "deploymentconfigs/scale",
                    "deploymentconfigs/status",
                ],
            ),
        ],
    )
}
