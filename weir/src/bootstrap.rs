use anyhow::{Context, Result};
use serde_json::json;
use weir_apiserver::{ApiError, GroupResource, Server, UpdateMode, UserInfo};

const CONFIG_MAPS: GroupResource = GroupResource {
    group: "",
    resource: "configmaps",
};
/// Where clients look for a registry that is reachable from their machine (KEP-1755).
const REGISTRY_HINT: (&str, &str) = ("kube-public", "local-registry-hosting");

/// Makes what clients expect to find on any cluster. At a second start only what differs is written.
pub async fn bootstrap(server: &Server, registry: &str) -> Result<()> {
    let (namespace, name) = REGISTRY_HINT;
    let hint = format!("host: \"{registry}\"\n");
    let config_map = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": {"localRegistryHosting.v1": hint.clone()},
    });
    let established = weir_resources::bootstrap::establish(server, vec![(CONFIG_MAPS, config_map)])
        .await
        .context("what every instance has")?;
    tracing::debug!(?established, "default namespaces, roles and bindings");
    publish_registry(server, &hint).await.context("where the registry is")
}

/// The registry may listen elsewhere than last time.
async fn publish_registry(server: &Server, hint: &str) -> Result<(), ApiError> {
    let (namespace, name) = REGISTRY_HINT;
    let cx = server.context(UserInfo::default(), CONFIG_MAPS);
    let change = |config_map: &mut serde_json::Value| {
        config_map["data"]["localRegistryHosting.v1"] = hint.into();
        Ok(())
    };
    cx.objects
        .update_with(&cx, &CONFIG_MAPS, namespace, name, UpdateMode::Internal, change)
        .await
        .map(drop)
}
