//! The ConfigMaps and Secrets that a container needs, read from the API.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, Container, Pod, Secret};
use kube::api::Api;

use crate::container::environment::{self, Sources};
use crate::pod_view::PodView;
use crate::volumes;

pub(crate) async fn fetch(client: &kube::Client, pod: &Pod, container: &Container) -> Result<Sources, kube::Error> {
    let (mut config_maps, mut secrets) = environment::needs(container);
    let for_volumes = volumes::needs(pod);
    config_maps.extend(for_volumes.0);
    secrets.extend(for_volumes.1);
    let mut sources = Sources::default();
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), pod.namespace());
    for name in unique(config_maps) {
        let data = api.get_opt(&name).await?.map(config_map_data);
        sources.config_maps.insert(name, data);
    }
    let api: Api<Secret> = Api::namespaced(client.clone(), pod.namespace());
    for name in unique(secrets) {
        let data = api.get_opt(&name).await?.map(secret_data);
        sources.secrets.insert(name, data);
    }
    Ok(sources)
}

fn unique(mut names: Vec<String>) -> Vec<String> {
    names.retain(|name| !name.is_empty());
    names.sort();
    names.dedup();
    names
}

fn config_map_data(object: ConfigMap) -> BTreeMap<String, Vec<u8>> {
    let text = object
        .data
        .into_iter()
        .flatten()
        .map(|(key, value)| (key, value.into_bytes()));
    let binary = object
        .binary_data
        .into_iter()
        .flatten()
        .map(|(key, value)| (key, value.0));
    text.chain(binary).collect()
}

fn secret_data(object: Secret) -> BTreeMap<String, Vec<u8>> {
    object
        .data
        .into_iter()
        .flatten()
        .map(|(key, value)| (key, value.0))
        .collect()
}
