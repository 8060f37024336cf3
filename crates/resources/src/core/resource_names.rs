//! Names of what can be bounded.

use weir_apiserver::FieldError;

use crate::names;

/// Of Kubernetes itself, in quotas.
const QUOTA: &[&str] = &[
    "configmaps",
    "cpu",
    "ephemeral-storage",
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "memory",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
    "requests.storage",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];
/// Of containers.
const CONTAINER: &[&str] = &["cpu", "ephemeral-storage", "memory"];
/// What is counted in whole numbers.
const NUMBERS: &[&str] = &[
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];
const HUGE_PAGES: &str = "hugepages-";

pub(super) fn is_of_quotas(name: &str) -> bool {
    QUOTA.contains(&name) || name.strip_prefix("requests.").unwrap_or(name).starts_with(HUGE_PAGES)
}

/// Numbers of objects, and of whatever somebody else than Kubernetes has defined.
pub(super) fn counts_things(name: &str) -> bool {
    let is_foreign = name.contains('/') && !name.contains("kubernetes.io/") && !name.starts_with("requests.");
    NUMBERS.contains(&name) || is_foreign
}

/// A name that stands in a quota.
pub(super) fn validate_in_quota(field: &str, name: &str) -> Vec<FieldError> {
    let mut problems = validate(field, name);
    if !name.contains('/') && !is_of_quotas(name) {
        problems.push(FieldError::invalid(
            field,
            name,
            "must be a standard resource for quota",
        ));
    }
    problems
}

/// A name that stands in a limit range, about containers or about something else.
pub(super) fn validate_in_limit_range(field: &str, name: &str, of_containers: bool) -> Vec<FieldError> {
    let mut problems = validate(field, name);
    let known = CONTAINER.contains(&name) || name.starts_with(HUGE_PAGES);
    if of_containers && !name.contains('/') && !known {
        let message = "must be a standard resource for containers";
        problems.push(FieldError::invalid(field, name, message));
    }
    if of_containers && name.contains("kubernetes.io/") {
        let message = "doesn't follow extended resource name standard";
        problems.push(FieldError::invalid(field, name, message));
    }
    problems
}

fn validate(field: &str, name: &str) -> Vec<FieldError> {
    let mut problems: Vec<FieldError> = names::qualified_name(field, name).into_iter().collect();
    if !name.contains('/') && !is_of_quotas(name) && name != "storage" {
        let message = "must be a standard resource type or fully qualified";
        problems.push(FieldError::invalid(field, name, message));
    }
    problems
}
