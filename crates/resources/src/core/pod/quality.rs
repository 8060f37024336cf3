use serde_json::Value;

use crate::json;

const KINDS: [&str; 2] = ["cpu", "memory"];

/// What a container may use at most it also asks for, when it does not say what it asks for.
pub(super) fn requests_from_limits(spec: &mut Value) {
    for list in ["/initContainers", "/containers"] {
        for container in json::items_mut(spec, list) {
            let limits: Vec<(String, Value)> = json::members(container, "/resources/limits")
                .map(|(kind, amount)| (kind.clone(), amount.clone()))
                .collect();
            for (kind, amount) in limits {
                json::map_at(container, &["resources", "requests"]);
                json::set_default(container, "/resources/requests", &kind, amount);
            }
        }
    }
}

/// `status.qosClass`: which pods go first when memory runs out.
pub(super) fn class(spec: &Value) -> &'static str {
    let containers = || {
        json::items(spec, "/initContainers")
            .iter()
            .chain(json::items(spec, "/containers"))
    };
    let amount = |container: &Value, which: &str, kind: &str| {
        container
            .pointer(&format!("/resources/{which}/{kind}"))
            .cloned()
            .filter(|amount| !amount.is_null())
    };
    let asks = |container: &Value| {
        KINDS.iter().any(|kind| {
            amount(container, "requests", kind)
                .or(amount(container, "limits", kind))
                .is_some()
        })
    };
    let is_fixed = |container: &Value| {
        KINDS.iter().all(|kind| {
            let limit = amount(container, "limits", kind);
            limit.is_some() && limit == amount(container, "requests", kind)
        })
    };
    if !containers().any(asks) {
        "BestEffort"
    } else if containers().all(is_fixed) {
        "Guaranteed"
    } else {
        "Burstable"
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn classes_follow_requests_and_limits() {
        let spec = |resources: Value| json!({"containers": [{"resources": resources}]});
        let both = json!({"cpu": "1", "memory": "1Gi"});
        assert_eq!(class(&spec(json!({}))), "BestEffort");
        assert_eq!(class(&spec(json!({"requests": {"cpu": "1"}}))), "Burstable");
        assert_eq!(class(&spec(json!({"limits": both, "requests": both}))), "Guaranteed");
        let mut limited = spec(json!({"limits": both}));
        requests_from_limits(&mut limited);
        assert_eq!(class(&limited), "Guaranteed");
    }
}
