use std::collections::BTreeMap;

use async_trait::async_trait;
use bollard::models::{Ipam, IpamConfig, Network as Listed, NetworkCreateRequest, NetworkInspect};
use bollard::query_parameters::{InspectNetworkOptions, ListNetworksOptionsBuilder};

use super::DockerEngine;
use super::containers::label_filter;
use crate::{EngineError, Network, NetworkSpec, Networks};

#[async_trait]
impl Networks for DockerEngine {
    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<Network, EngineError> {
        match self.network(&spec.name).await {
            Err(error) if error.is_not_found() => {}
            found => return found,
        }
        let client = self.client().await?;
        match client
            .create_network(request(spec))
            .await
            .map_err(|error| self.explain(error))
        {
            Ok(_) | Err(EngineError::Conflict { .. }) => self.network(&spec.name).await,
            Err(error) => Err(error),
        }
    }

    async fn network(&self, name: &str) -> Result<Network, EngineError> {
        let answer = self
            .client()
            .await?
            .inspect_network(name, None::<InspectNetworkOptions>)
            .await;
        answer.map(inspected).map_err(|error| self.explain(error))
    }

    async fn networks(&self, labels: &BTreeMap<String, String>) -> Result<Vec<Network>, EngineError> {
        let options = ListNetworksOptionsBuilder::default()
            .filters(&label_filter(labels))
            .build();
        let list = self
            .client()
            .await?
            .list_networks(Some(options))
            .await
            .map_err(|error| self.explain(error))?;
        Ok(list.into_iter().map(listed).collect())
    }

    async fn remove_network(&self, name: &str) -> Result<(), EngineError> {
        match self
            .client()
            .await?
            .remove_network(name)
            .await
            .map_err(|error| self.explain(error))
        {
            // Docker answers 403 to a network with containers on it.
            Err(EngineError::Denied { message }) => Err(EngineError::Conflict { message }),
            other => other,
        }
    }
}

fn request(spec: &NetworkSpec) -> NetworkCreateRequest {
    let ipam = spec.subnet.as_ref().map(|subnet| Ipam {
        config: Some(vec![IpamConfig {
            subnet: Some(subnet.clone()),
            ..Default::default()
        }]),
        ..Default::default()
    });
    NetworkCreateRequest {
        name: spec.name.clone(),
        driver: Some("bridge".to_owned()),
        labels: Some(spec.labels.clone().into_iter().collect()),
        ipam,
        ..Default::default()
    }
}

fn inspected(answer: NetworkInspect) -> Network {
    network(answer.id, answer.name, answer.labels, answer.ipam)
}

fn listed(answer: Listed) -> Network {
    network(answer.id, answer.name, answer.labels, answer.ipam)
}

fn network(
    id: Option<String>,
    name: Option<String>,
    labels: Option<std::collections::HashMap<String, String>>,
    ipam: Option<Ipam>,
) -> Network {
    let pools = ipam.and_then(|ipam| ipam.config).unwrap_or_default();
    Network {
        id: id.unwrap_or_default(),
        name: name.unwrap_or_default(),
        labels: labels.unwrap_or_default().into_iter().collect(),
        gateway: pools.iter().find_map(|pool| pool.gateway.as_ref()?.parse().ok()),
        subnets: pools.into_iter().filter_map(|pool| pool.subnet).collect(),
    }
}
