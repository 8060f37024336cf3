use serde::{Deserialize, Deserializer};
use weir_apiserver::{Followed, Follower, GroupResource};
use weir_rbac::{Binding, Index, PolicyRule, RoleRef, Subject};

use super::Authorizer;
use crate::rbac::{CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES};

impl Follower for Authorizer {
    fn reset(&self, resource: &GroupResource, objects: &[Followed<'_>]) {
        let mut index = self.write();
        match resource {
            resource if *resource == ROLES => index.clear_roles(),
            resource if *resource == ROLE_BINDINGS => index.clear_role_bindings(),
            resource if *resource == CLUSTER_ROLES => index.clear_cluster_roles(),
            resource if *resource == CLUSTER_ROLE_BINDINGS => index.clear_cluster_bindings(),
            _ => {}
        }
        for object in objects {
            apply(&mut index, resource, *object);
        }
    }

    fn changed(&self, resource: &GroupResource, object: Followed<'_>) {
        apply(&mut self.write(), resource, object);
    }
}

/// What cannot be read gives no rights.
fn apply(index: &mut Index, resource: &GroupResource, object: Followed<'_>) {
    let Followed { namespace, name, .. } = object;
    if *resource == ROLES || *resource == CLUSTER_ROLES {
        match read::<StoredRole>(resource, object) {
            Some(role) => index.put_role(namespace, name, role.rules),
            None => index.remove_role(namespace, name),
        }
    } else if *resource == ROLE_BINDINGS || *resource == CLUSTER_ROLE_BINDINGS {
        match read::<StoredBinding>(resource, object) {
            Some(binding) => index.put_binding(namespace, name, binding.into()),
            None => index.remove_binding(namespace, name),
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(resource: &GroupResource, object: Followed<'_>) -> Option<T> {
    let read = serde_json::from_slice(object.value?);
    let Followed { namespace, name, .. } = object;
    read.inspect_err(
        |error| tracing::error!(%resource, namespace, name, %error, "it gives no rights, as it cannot be read"),
    )
    .ok()
}

#[derive(Deserialize)]
struct StoredRole {
    #[serde(default, deserialize_with = "null_as_empty")]
    rules: Vec<PolicyRule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredBinding {
    role_ref: RoleRef,
    #[serde(default, deserialize_with = "null_as_empty")]
    subjects: Vec<Subject>,
}

impl From<StoredBinding> for Binding {
    fn from(stored: StoredBinding) -> Self {
        Self {
            role: stored.role_ref,
            subjects: stored.subjects,
        }
    }
}

fn null_as_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
