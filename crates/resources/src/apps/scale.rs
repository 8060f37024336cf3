use async_trait::async_trait;
use serde_json::{Value, json};
use weir_api::names::label;
use weir_apiserver::{ApiError, GroupVersionKind, Object, RequestContext, SubresourceHandler, UpdateMode};

use super::DEPLOYMENT_CONFIGS;
use crate::core::replication_controller::wanted;
use crate::{json, preconditions};

/// The group is long gone elsewhere; it is what clients of DeploymentConfigs expect.
pub(super) const KIND: GroupVersionKind = GroupVersionKind {
    group: "extensions",
    version: "v1beta1",
    kind: "Scale",
};

/// `deploymentconfigs/NAME/scale`: only `spec.replicas` can be written through it.
pub(super) struct Scale;

#[async_trait]
impl SubresourceHandler for Scale {
    async fn get(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        let config = cx.objects.get(&DEPLOYMENT_CONFIGS, &cx.namespace, name).await?;
        Ok(scale_of(&config))
    }

    async fn update(&self, cx: &RequestContext, name: &str, scale: Object) -> Result<Object, ApiError> {
        let replicas = wanted(&KIND, name, &scale)?;
        let version = json::text(&scale, "/metadata/resourceVersion").to_owned();
        let cx = cx.for_resource(DEPLOYMENT_CONFIGS);
        let change = |config: &mut Object| {
            preconditions::same_version(&DEPLOYMENT_CONFIGS, name, config, &version)?;
            json::put(config, &["spec", "replicas"], replicas);
            Ok(())
        };
        let written = cx
            .objects
            .update_with(&cx, &DEPLOYMENT_CONFIGS, &cx.namespace, name, UpdateMode::Main, change)
            .await?;
        Ok(scale_of(&written))
    }
}

fn scale_of(config: &Object) -> Object {
    let metadata = &config["metadata"];
    let mut selector = config["spec"]["selector"].as_object().cloned().unwrap_or_default();
    selector.insert(label::DEPLOYMENT_CONFIG.into(), metadata["name"].clone());
    let terms: Vec<String> = selector
        .iter()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    let number = |path: &str| Value::from(json::number(config, path).unwrap_or_default());
    json!({
        "kind": KIND.kind,
        "apiVersion": "extensions/v1beta1",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
            "creationTimestamp": metadata["creationTimestamp"],
        },
        "spec": {"replicas": number("/spec/replicas")},
        "status": {
            "replicas": number("/status/replicas"),
            "selector": selector,
            "targetSelector": terms.join(","),
        },
    })
}
