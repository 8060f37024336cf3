//! Bindings that come with a namespace: what its service accounts may do in it, and who runs it.

use serde_json::{Value, json};
use weir_rbac::{RoleRef, Subject};

use super::{API_VERSION, GROUP};

/// Of every namespace: its accounts pull each other's images, `builder` builds and pushes, `deployer` rolls out.
pub(crate) fn of_service_accounts(namespace: &str) -> [Value; 3] {
    let everyone = format!("system:serviceaccounts:{namespace}");
    let account = |name| Subject::service_account(namespace, name);
    [
        described(
            binding(
                namespace,
                "system:image-pullers",
                "system:image-puller",
                &Subject::group(&everyone),
            ),
            "Allows all pods in this namespace to pull images from this namespace.  It is auto-managed by a controller; \
             remove subjects to disable.",
        ),
        described(
            binding(
                namespace,
                "system:image-builders",
                "system:image-builder",
                &account("builder"),
            ),
            "Allows builds in this namespace to push images to this namespace.  It is auto-managed by a controller; \
             remove subjects to disable.",
        ),
        described(
            binding(namespace, "system:deployers", "system:deployer", &account("deployer")),
            "Allows deploymentconfigs in this namespace to rollout pods in this namespace.  It is auto-managed by a \
             controller; remove subjects to disable.",
        ),
    ]
}

/// Whoever asked for a project runs it.
pub(crate) fn of_requester(namespace: &str, user: &str) -> Value {
    binding(namespace, "admin", "admin", &Subject::user(user))
}

fn binding(namespace: &str, name: &str, role: &str, subject: &Subject) -> Value {
    json!({
        "apiVersion": API_VERSION,
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": role_ref(&RoleRef::cluster_role(role)),
        "subjects": [subject_value(subject)],
    })
}

fn described(mut binding: Value, description: &str) -> Value {
    binding["metadata"]["annotations"] = json!({"openshift.io/description": description});
    binding
}

pub(super) fn role_ref(role: &RoleRef) -> Value {
    json!({"apiGroup": GROUP, "kind": role.kind.to_string(), "name": role.name})
}

pub(super) fn subject_value(subject: &Subject) -> Value {
    let mut value = json!({"kind": subject.kind.to_string(), "name": subject.name});
    if !subject.api_group.is_empty() {
        value["apiGroup"] = subject.api_group.clone().into();
    }
    if !subject.namespace.is_empty() {
        value["namespace"] = subject.namespace.clone().into();
    }
    value
}
