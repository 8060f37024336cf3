use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use weir_api::names::SHARED_NAMESPACE;

/// Namespaces that every instance has.
const NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", SHARED_NAMESPACE];
/// Where clients look for a registry that is reachable from their machine (KEP-1755).
const REGISTRY_HINT: (&str, &str) = ("kube-public", "local-registry-hosting");

/// Makes what clients expect to find on any cluster. Does nothing at the second start.
pub async fn bootstrap(client: &Client, registry: &str) -> Result<()> {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    for name in NAMESPACES {
        let namespace = Namespace {
            metadata: ObjectMeta {
                name: Some(name.into()),
                ..ObjectMeta::default()
            },
            ..Namespace::default()
        };
        tolerate_existing(namespaces.create(&PostParams::default(), &namespace).await)
            .with_context(|| format!("namespace {name}"))?;
    }
    publish_registry(client, registry)
        .await
        .context("where the registry is")
}

async fn publish_registry(client: &Client, registry: &str) -> Result<()> {
    let (namespace, name) = REGISTRY_HINT;
    let config_maps: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    let hint = format!("host: \"{registry}\"\n");
    let data = [("localRegistryHosting.v1".to_owned(), hint.clone())].into();
    let config_map = ConfigMap {
        metadata: ObjectMeta {
            name: Some(name.into()),
            ..ObjectMeta::default()
        },
        data: Some(data),
        ..ConfigMap::default()
    };
    tolerate_existing(config_maps.create(&PostParams::default(), &config_map).await)?;
    let patch = serde_json::json!({ "data": { "localRegistryHosting.v1": hint } });
    config_maps
        .patch(name, &PatchParams::default(), &Patch::Merge(&patch))
        .await?;
    Ok(())
}

fn tolerate_existing<T>(made: Result<T, kube::Error>) -> Result<()> {
    match made {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.reason == "AlreadyExists" => Ok(()),
        Err(error) => Err(error.into()),
    }
}
