//! What every instance starts with: the namespaces that clients expect, and the default roles and bindings. The first
//! start writes them in one commit; later ones add what is missing, and leave alone what an administrator changed.

mod objects;
mod plan;

use serde_json::{Value, json};
use weir_apiserver::{ApiError, GroupResource, Object, Objects, Planned, RequestContext, Server, UpdateMode, UserInfo};

use crate::core::NAMESPACES;
use crate::json;

/// Namespaces that every instance has.
const NAMESPACES_OF_EVERY_INSTANCE: [&str; 4] = [
    "default",
    "kube-system",
    "kube-public",
    weir_api::names::SHARED_NAMESPACE,
];

/// What a start found missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Established {
    pub created: usize,
    pub changed: usize,
}

/// An object that an instance is to have.
struct Wanted {
    resource: GroupResource,
    object: Object,
}

/// Makes what is missing, all in one commit, together with `also`: objects that must exist too, created when they do not.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn establish(server: &Server, also: Vec<(GroupResource, Object)>) -> Result<Established, ApiError> {
    let user = UserInfo {
        username: "system:weir:bootstrap".into(),
        groups: vec![crate::auth::MASTERS.into()],
        ..UserInfo::default()
    };
    let cx = server.context(user, NAMESPACES);
    let mut planned = Vec::new();
    let mut done = Established::default();
    for wanted in wanted(also) {
        let Some(write) = difference(&cx.objects, wanted).await? else {
            continue;
        };
        match &write {
            Planned::Update { .. } => done.changed += 1,
            Planned::Create { .. } | Planned::CreateInternal { .. } => done.created += 1,
        }
        planned.push(write);
    }
    if !planned.is_empty() {
        commit(&cx, planned).await?;
    }
    Ok(done)
}

async fn commit(cx: &RequestContext, planned: Vec<Planned>) -> Result<(), ApiError> {
    cx.objects.commit(cx, planned).await.map(drop)
}

/// Namespaces first: what is in them comes into being with them.
fn wanted(also: Vec<(GroupResource, Object)>) -> Vec<Wanted> {
    let namespaces = NAMESPACES_OF_EVERY_INSTANCE.into_iter().map(namespace);
    let also = also.into_iter().map(|(resource, object)| Wanted { resource, object });
    namespaces.chain(objects::default_objects()).chain(also).collect()
}

fn namespace(name: &str) -> Wanted {
    Wanted {
        resource: NAMESPACES,
        object: json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
    }
}

async fn difference(objects: &Objects, wanted: Wanted) -> Result<Option<Planned>, ApiError> {
    let Wanted { resource, object } = wanted;
    let text = |path: &str| json::text(&object, path).to_owned();
    let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
    match objects.get(&resource, &namespace, &name).await {
        // What a namespace needs besides is the work of its strategy.
        Err(error) if error.is_not_found() && resource == NAMESPACES => Ok(Some(Planned::Create { resource, object })),
        Err(error) if error.is_not_found() => Ok(Some(Planned::CreateInternal { resource, object })),
        Err(error) => Err(error),
        Ok(existing) => Ok(plan::reconciled(&existing, &object).map(|object| Planned::Update {
            resource,
            object,
            mode: UpdateMode::Internal,
        })),
    }
}

/// The default roles and bindings as they are stored, for tests without a store.
#[cfg(test)]
pub(crate) fn default_objects() -> Vec<(GroupResource, Object)> {
    let wanted = objects::default_objects().into_iter();
    wanted.map(|wanted| (wanted.resource, wanted.object)).collect()
}

/// For maps that may not be there.
fn entries(object: &Value, path: &str) -> Vec<(String, Value)> {
    json::members(object, path)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}
