use async_trait::async_trait;
use serde_json::json;
use weir_api::names::annotation::IMAGE_EXCLUDE_SECRET;
use weir_apiserver::{ApiError, GroupVersionKind, Object, RequestContext, SubresourceHandler};

use crate::core::SECRETS;
use crate::json;

pub(super) const KIND: GroupVersionKind = GroupVersionKind {
    group: "",
    version: "v1",
    kind: "SecretList",
};

/// Types of secrets that hold credentials for registries.
const PULL_SECRET_TYPES: [&str; 2] = ["kubernetes.io/dockercfg", "kubernetes.io/dockerconfigjson"];

/// `imagestreams/NAME/secrets`: what may be used to import into the namespace. The name of the stream does not matter.
pub(super) struct Secrets;

#[async_trait]
impl SubresourceHandler for Secrets {
    async fn get(&self, cx: &RequestContext, _name: &str) -> Result<Object, ApiError> {
        let items = pull_secrets(cx, cx.query_value("labelSelector")).await?;
        Ok(json!({"kind": "SecretList", "apiVersion": "v1", "metadata": {}, "items": items}))
    }
}

/// The secrets of the namespace that hold credentials for registries and are not kept away from it.
pub(in crate::image) async fn pull_secrets(cx: &RequestContext, labels: Option<&str>) -> Result<Vec<Object>, ApiError> {
    let mut secrets = cx.objects.list(&SECRETS, &cx.namespace, labels).await?;
    secrets.retain(|secret| {
        PULL_SECRET_TYPES.contains(&json::text(secret, "/type"))
            && json::meta(secret, "annotations", IMAGE_EXCLUDE_SECRET) != "true"
    });
    Ok(secrets)
}
