use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use weir_apiserver::{ApiError, GroupVersionKind, Object, RequestContext, Resource, Scope, Verb, VirtualResource};

use crate::describe;

const KIND: GroupVersionKind = GroupVersionKind {
    group: "user.openshift.io",
    version: "v1",
    kind: "User",
};

/// `users/~`: the asker. Users are not kept as objects, so there is no other name to ask for.
pub(super) fn resource() -> Resource {
    describe::computed(KIND, "users", "user", Scope::Cluster, &[Verb::Get], Arc::new(Users))
}

struct Users;

#[async_trait]
impl VirtualResource for Users {
    async fn get(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        if name != "~" && name != cx.user.username {
            return Err(ApiError::not_found(&cx.resource, name));
        }
        let mut metadata = json!({"name": cx.user.username, "creationTimestamp": null});
        if !cx.user.uid.is_empty() {
            metadata["uid"] = cx.user.uid.clone().into();
        }
        Ok(json!({
            "kind": KIND.kind,
            "apiVersion": "user.openshift.io/v1",
            "metadata": metadata,
            "identities": null,
            "groups": cx.user.groups,
        }))
    }
}
