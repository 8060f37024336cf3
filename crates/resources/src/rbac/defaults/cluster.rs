//! Roles that are about the cluster as a whole and about everybody.

use weir_rbac::PolicyRule;

use super::rules::*;
use super::{DefaultRole, TO_CLUSTER_READER, TO_VIEW, aggregated, part, role};

const HEALTH: &[&str] = &[
    "/healthz",
    "/healthz/*",
    "/livez",
    "/livez/*",
    "/readyz",
    "/readyz/*",
    "/version",
    "/version/",
];

pub(super) fn roles() -> Vec<DefaultRole> {
    let mut roles = everybody();
    roles.extend(administration());
    roles.extend(cluster_reader());
    roles.extend(in_namespaces());
    roles
}

fn everybody() -> Vec<DefaultRole> {
    const DISCOVERY: &[&str] = &["/", "/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"];
    vec![
        role("system:discovery", "", [paths(DISCOVERY), paths(HEALTH)]),
        role("system:public-info-viewer", "", [paths(HEALTH)]),
        role(
            "system:openshift:public-info-viewer",
            "",
            [paths(&["/", "/.well-known", "/.well-known/*"])],
        ),
        role(
            "system:basic-user",
            "",
            [
                on(
                    &["create"],
                    REVIEWS,
                    &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
                ),
                on(&["create"], IDENTITY, &["selfsubjectreviews"]),
            ],
        ),
        role(
            "basic-user",
            "A user that can get basic information about projects.",
            [
                on(&["get"], USER, &["users"]).named(&["~"]),
                on(&["list"], PROJECT_OR_NONE, &["projectrequests"]),
                on(&["list", "watch"], PROJECT, &["projects"]),
                on(&["get", "list"], RBAC, &["clusterroles"]),
                // Their handlers let nobody ask about others without the right to.
                on(
                    &["create"],
                    OLD_REVIEWS,
                    &["selfsubjectrulesreviews", "subjectaccessreviews"],
                ),
            ],
        ),
        role(
            "self-access-reviewer",
            "",
            [
                on(&["create"], OLD_REVIEWS, &["selfsubjectrulesreviews"]),
                on(
                    &["create"],
                    REVIEWS,
                    &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
                ),
            ],
        ),
        role(
            "self-provisioner",
            "A user that can request projects.",
            [on(&["create"], PROJECT_OR_NONE, &["projectrequests"])],
        ),
        role(
            "system:scope-impersonation",
            "",
            [on(
                &["impersonate"],
                IDENTITY,
                &[
                    "userextras/scopes.authorization.openshift.io",
                    "userextras/scopes.weir.dev",
                ],
            )],
        ),
        role(
            "system:oauth-token-deleter",
            "",
            [on(&["delete"], OAUTH, &["oauthaccesstokens", "oauthauthorizetokens"])],
        ),
        role(
            "system:openshift:useroauthaccesstoken-manager",
            "",
            [on(
                &["get", "list", "watch", "delete"],
                OAUTH,
                &["useroauthaccesstokens"],
            )],
        ),
    ]
}

fn administration() -> Vec<DefaultRole> {
    vec![
        role(
            "cluster-admin",
            "A super-user that can perform any action in the cluster. When granted to a user within a project, they have \
             full control over quota and membership and can perform every action on every resource in the project.",
            [on(&["*"], &["*"], &["*"]), PolicyRule::paths(&["*"], &["*"])],
        ),
        role(
            "sudoer",
            "",
            [
                on(&["impersonate"], &["", "user.openshift.io"], &["systemusers", "users"]).named(&["system:admin"]),
                on(
                    &["impersonate"],
                    &["", "user.openshift.io"],
                    &["systemgroups", "groups"],
                )
                .named(&["system:masters"]),
            ],
        ),
        role(
            "system:auth-delegator",
            "",
            [
                on(&["create"], IDENTITY, &["tokenreviews"]),
                on(&["create"], REVIEWS, &["subjectaccessreviews"]),
            ],
        ),
        role(
            "system:monitoring",
            "",
            [paths(&["/metrics", "/metrics/*"]), paths(HEALTH)],
        ),
        role(
            "cluster-status",
            "A user that can get basic cluster status information.",
            [paths(&["/", "/api", "/api/*", "/apis", "/apis/*"]), paths(HEALTH)],
        ),
    ]
}

fn cluster_reader() -> Vec<DefaultRole> {
    const TO_IT: &[&str] = &[TO_CLUSTER_READER];
    vec![
        aggregated(
            "cluster-reader",
            "A user that can read everything in the cluster but secrets and tokens.",
            &[],
            &[TO_CLUSTER_READER, TO_VIEW],
        ),
        part(
            TO_IT,
            "system:cluster-reader",
            [
                on(
                    READ,
                    CORE,
                    &["namespaces", "nodes", "nodes/status", "pods/binding", "serviceaccounts"],
                ),
                on(
                    READ,
                    RBAC,
                    &["clusterrolebindings", "clusterroles", "rolebindings", "roles"],
                ),
                on(
                    READ,
                    APPS,
                    &["deployments", "deployments/scale", "deployments/status", "replicasets"],
                ),
                on(READ, COORDINATION, &["leases"]),
                on(READ, EVENTS, &["events"]),
                on(
                    &["create"],
                    REVIEWS,
                    &[
                        "localsubjectaccessreviews",
                        "selfsubjectaccessreviews",
                        "selfsubjectrulesreviews",
                        "subjectaccessreviews",
                    ],
                ),
                on(&["create"], IDENTITY, &["selfsubjectreviews", "tokenreviews"]),
                paths(&["*"]),
            ],
        ),
        part(
            TO_IT,
            "system:openshift:cluster-reader",
            [
                on(READ, IMAGE, &["images", "imagesignatures"]),
                on(&["get"], IMAGE, &["imagestreams/layers"]),
                on(
                    READ,
                    IMAGE,
                    &[
                        "imagestreamimages",
                        "imagestreams",
                        "imagestreams/status",
                        "imagestreamtags",
                        "imagetags",
                    ],
                ),
                on(
                    READ,
                    BUILD,
                    &["buildconfigs", "buildconfigs/webhooks", "builds", "builds/details"],
                ),
                on(&["get"], BUILD, &["builds/log"]),
                on(
                    READ,
                    DEPLOY,
                    &[
                        "deploymentconfigs",
                        "deploymentconfigs/scale",
                        "deploymentconfigs/status",
                    ],
                ),
                on(&["get"], DEPLOY, &["deploymentconfigs/log"]),
                on(&["get"], CORE, &["pods/log"]),
                on(READ, PROJECT, &["projectrequests", "projects"]),
                on(READ, USER, &["groups", "identities", "users"]),
                on(READ, OAUTH, &["oauthclientauthorizations", "oauthclients"]),
                on(
                    &["create"],
                    OLD_REVIEWS,
                    &[
                        "localresourceaccessreviews",
                        "localsubjectaccessreviews",
                        "resourceaccessreviews",
                        "selfsubjectrulesreviews",
                        "subjectaccessreviews",
                        "subjectrulesreviews",
                    ],
                ),
            ],
        ),
    ]
}

/// Roles of one namespace.
fn in_namespaces() -> Vec<DefaultRole> {
    vec![
        DefaultRole {
            namespace: weir_api::names::SHARED_NAMESPACE,
            ..role(
                "shared-resource-viewer",
                "",
                [
                    on(
                        READ,
                        IMAGE,
                        &["imagestreamimages", "imagestreams", "imagestreamtags", "imagetags"],
                    ),
                    on(&["get"], IMAGE, &["imagestreams/layers"]),
                ],
            )
        },
        DefaultRole {
            namespace: "kube-public",
            ..role(
                "local-registry-hosting-viewer",
                "",
                [on(&["get"], CORE, &["configmaps"]).named(&["local-registry-hosting"])],
            )
        },
    ]
}
