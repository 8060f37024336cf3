//! Bindings that come with a namespace: what its service accounts may do in it, and who runs it.

use serde_json::{Value, json};
use weir_rbac::{RoleRef, Subject, namespace_bindings};

use super::API_VERSION;

/// Of every namespace.
pub(crate) fn of_service_accounts(namespace: &str) -> [Value; 3] {
    namespace_bindings(namespace).map(|own| {
        let mut object = binding(namespace, own.name, own.role, &own.subject);
        object["metadata"]["annotations"] = json!({"openshift.io/description": own.description});
        object
    })
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
        "roleRef": RoleRef::cluster_role(role),
        "subjects": [subject],
    })
}
