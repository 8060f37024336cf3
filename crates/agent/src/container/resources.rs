use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Container;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use weir_engine::Resources;

use super::{ConfigError, quantity};

/// Engines refuse to make containers with less memory than this.
const LEAST_MEMORY: u64 = 6 << 20;
/// Shares of a container that asks for one processor; engines take at least 2.
const SHARES_PER_CPU: u128 = 1024;
const LEAST_SHARES: u64 = 2;

/// Limits as the engine enforces them; requests of processors become weights.
pub(super) fn resources(container: &Container) -> Result<Resources, ConfigError> {
    let Some(wanted) = &container.resources else {
        return Ok(Resources::default());
    };
    let memory = read(&wanted.limits, "memory")?.map(|value| in_u64(value.div_ceil(1000)).max(LEAST_MEMORY));
    let cpu = read(&wanted.limits, "cpu")?;
    let request = read(&wanted.requests, "cpu")?;
    Ok(Resources {
        memory_bytes: memory,
        nano_cpus: cpu.map(|value| in_u64(value.saturating_mul(1_000_000))),
        cpu_shares: request.map(|value| in_u64(value.saturating_mul(SHARES_PER_CPU) / 1000).max(LEAST_SHARES)),
        pids: None,
    })
}

/// In thousandths. Zero means no limit.
fn read(list: &Option<BTreeMap<String, Quantity>>, name: &str) -> Result<Option<u128>, ConfigError> {
    let Some(quantity) = list.as_ref().and_then(|list| list.get(name)) else {
        return Ok(None);
    };
    let value = quantity::thousandths(&quantity.0);
    let value = value.ok_or_else(|| ConfigError(format!("resources: {name}: \"{}\" is no quantity", quantity.0)))?;
    Ok((value > 0).then_some(value))
}

fn in_u64(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(value: serde_json::Value) -> Result<Resources, ConfigError> {
        resources(&serde_json::from_value(json!({"name": "c", "resources": value})).unwrap())
    }

    #[test]
    fn limits_reach_the_engine() {
        let both = of(json!({"limits": {"memory": "128Mi", "cpu": "1500m"}, "requests": {"cpu": "250m"}})).unwrap();
        assert_eq!(both.memory_bytes, Some(128 << 20));
        assert_eq!(both.nano_cpus, Some(1_500_000_000));
        assert_eq!(both.cpu_shares, Some(256));
        assert_eq!(of(json!({"limits": {"memory": "0"}})).unwrap(), Resources::default());
        assert_eq!(
            of(json!({"limits": {"memory": "1Ki"}})).unwrap().memory_bytes,
            Some(LEAST_MEMORY)
        );
        assert!(of(json!({"limits": {"memory": "many"}})).is_err());
    }
}
