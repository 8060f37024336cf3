use std::collections::BTreeMap;

use async_trait::async_trait;

use super::FakeEngine;
use super::containers::carries;
use crate::{EngineError, Network, NetworkMode, NetworkSpec, Networks};

#[async_trait]
impl Networks for FakeEngine {
    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<Network, EngineError> {
        let mut world = self.enter("ensure_network", &spec.name)?;
        if let Some(known) = world.networks.get(&spec.name) {
            return Ok(known.clone());
        }
        let network = Network {
            id: world.fresh_id(),
            name: spec.name.clone(),
            labels: spec.labels.clone(),
            subnets: vec![spec.subnet.clone().unwrap_or_else(|| "10.1.0.0/16".to_owned())],
            // There is no bridge whose address could be meant.
            gateway: None,
        };
        world.networks.insert(spec.name.clone(), network.clone());
        Ok(network)
    }

    async fn network(&self, name: &str) -> Result<Network, EngineError> {
        let world = self.enter("network", name)?;
        world
            .networks
            .get(name)
            .cloned()
            .ok_or_else(|| EngineError::not_found(format!("network {name} not found")))
    }

    async fn networks(&self, labels: &BTreeMap<String, String>) -> Result<Vec<Network>, EngineError> {
        let world = self.enter("networks", "")?;
        Ok(world
            .networks
            .values()
            .filter(|network| carries(&network.labels, labels))
            .cloned()
            .collect())
    }

    async fn remove_network(&self, name: &str) -> Result<(), EngineError> {
        let mut world = self.enter("remove_network", name)?;
        let wanted = NetworkMode::Named(name.to_owned());
        if world.containers.values().any(|record| record.spec.network == wanted) {
            return Err(EngineError::conflict(format!("network {name} has active endpoints")));
        }
        match world.networks.remove(name) {
            Some(_) => Ok(()),
            None => Err(EngineError::not_found(format!("network {name} not found"))),
        }
    }
}
