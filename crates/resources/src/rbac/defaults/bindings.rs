use weir_api::names::SHARED_NAMESPACE;
use weir_rbac::{RoleRef, Subject};

use super::DefaultBinding;

const AUTHENTICATED: &str = "system:authenticated";
const UNAUTHENTICATED: &str = "system:unauthenticated";

pub(super) fn bindings() -> Vec<DefaultBinding> {
    let authenticated: &[&str] = &[AUTHENTICATED];
    let anybody: &[&str] = &[AUTHENTICATED, UNAUTHENTICATED];
    let mut bindings = vec![
        cluster("cluster-admin", "cluster-admin", &["system:masters"]),
        cluster("system:discovery", "system:discovery", authenticated),
        cluster("system:basic-user", "system:basic-user", authenticated),
        cluster("system:public-info-viewer", "system:public-info-viewer", anybody),
        cluster(
            "system:openshift:public-info-viewer",
            "system:openshift:public-info-viewer",
            anybody,
        ),
        cluster("basic-users", "basic-user", authenticated),
        cluster("self-access-reviewers", "self-access-reviewer", authenticated),
        cluster("self-provisioners", "self-provisioner", &["system:authenticated:oauth"]),
        cluster(
            "system:scope-impersonation",
            "system:scope-impersonation",
            authenticated,
        ),
        cluster(
            "system:oauth-token-deleters",
            "system:oauth-token-deleter",
            authenticated,
        ),
        cluster(
            "system:openshift:useroauthaccesstoken-manager",
            "system:openshift:useroauthaccesstoken-manager",
            authenticated,
        ),
        cluster("cluster-status-binding", "cluster-status", authenticated),
        cluster("system:webhooks", "system:webhook", authenticated),
        cluster(
            "system:build-strategy-docker-binding",
            "system:build-strategy-docker",
            authenticated,
        ),
        cluster(
            "system:build-strategy-source-binding",
            "system:build-strategy-source",
            authenticated,
        ),
    ];
    bindings.extend([
        local(SHARED_NAMESPACE, "shared-resource-viewers", "shared-resource-viewer"),
        local(
            "kube-public",
            "local-registry-hosting-viewers",
            "local-registry-hosting-viewer",
        ),
    ]);
    bindings
}

fn cluster(name: &'static str, role: &str, groups: &[&str]) -> DefaultBinding {
    DefaultBinding {
        namespace: "",
        name,
        role: RoleRef::cluster_role(role),
        subjects: groups.iter().map(|group| Subject::group(group)).collect(),
    }
}

/// A role of a namespace for everybody who is known.
fn local(namespace: &'static str, name: &'static str, role: &str) -> DefaultBinding {
    DefaultBinding {
        namespace,
        name,
        role: RoleRef::role(role),
        subjects: vec![Subject::group(AUTHENTICATED)],
    }
}
