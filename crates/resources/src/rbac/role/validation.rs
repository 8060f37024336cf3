use serde::Deserialize;
use serde_json::Value;
use weir_apiserver::{FieldError, Object, Scope};
use weir_rbac::PolicyRule;

use crate::json;
use crate::rbac::aggregation;

pub(super) fn problems(role: &Object, scope: Scope) -> Vec<FieldError> {
    let mut problems = Vec::new();
    match &role["rules"] {
        Value::Null => {}
        Value::Array(rules) => {
            for (index, rule) in rules.iter().enumerate() {
                problems.extend(of_rule(rule, scope, &format!("rules[{index}]")));
            }
        }
        other => problems.push(FieldError::invalid("rules", other, "must be a list")),
    }
    if scope == Scope::Cluster && !json::is_unset(role, "/aggregationRule") {
        problems.extend(aggregation::problems(&role["aggregationRule"]));
    }
    problems
}

fn of_rule(rule: &Value, scope: Scope, field: &str) -> Vec<FieldError> {
    let rule = match PolicyRule::deserialize(rule) {
        Ok(rule) => rule,
        Err(error) => return vec![FieldError::invalid(field, rule, error.to_string())],
    };
    let mut problems = Vec::new();
    if rule.verbs.is_empty() {
        problems.push(FieldError::required(
            format!("{field}.verbs"),
            "verbs must contain at least one value",
        ));
    }
    if rule.non_resource_urls.is_empty() {
        problems.extend(of_resources(&rule, field));
    } else {
        problems.extend(of_paths(&rule, scope, &format!("{field}.nonResourceURLs")));
    }
    problems
}

fn of_resources(rule: &PolicyRule, field: &str) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if rule.api_groups.is_empty() {
        problems.push(FieldError::required(
            format!("{field}.apiGroups"),
            "resource rules must supply at least one api group",
        ));
    }
    if rule.resources.is_empty() {
        problems.push(FieldError::required(
            format!("{field}.resources"),
            "resource rules must supply at least one resource",
        ));
    }
    problems
}

fn of_paths(rule: &PolicyRule, scope: Scope, field: &str) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if scope == Scope::Namespaced {
        problems.push(FieldError::invalid(
            field,
            &rule.non_resource_urls,
            "namespaced rules cannot apply to non-resource URLs",
        ));
    }
    if !(rule.api_groups.is_empty() && rule.resources.is_empty() && rule.resource_names.is_empty()) {
        problems.push(FieldError::invalid(
            field,
            &rule.non_resource_urls,
            "rules cannot apply to both regular resources and non-resource URLs",
        ));
    }
    problems
}
