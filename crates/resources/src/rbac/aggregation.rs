//! What a valid aggregation rule is. What it selects is [`weir_rbac::aggregated_rules`]; a controller writes that into
//! the role.

use serde::Deserialize;
use serde_json::Value;
use weir_apiserver::FieldError;
use weir_rbac::{AggregationRule, LabelSelector};

const FIELD: &str = "aggregationRule.clusterRoleSelectors";

pub(super) fn problems(rule: &Value) -> Vec<FieldError> {
    let rule = match AggregationRule::deserialize(rule) {
        Ok(rule) => rule,
        Err(error) => return vec![FieldError::invalid("aggregationRule", rule, error.to_string())],
    };
    if rule.cluster_role_selectors.is_empty() {
        let why = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        return vec![FieldError::required(FIELD, why)];
    }
    let selectors = rule.cluster_role_selectors.iter().enumerate();
    selectors
        .flat_map(|(index, selector)| of_selector(selector, &format!("{FIELD}[{index}]")))
        .collect()
}

fn of_selector(selector: &LabelSelector, field: &str) -> Vec<FieldError> {
    let mut problems = Vec::new();
    for (index, requirement) in selector.match_expressions.iter().enumerate() {
        let field = format!("{field}.matchExpressions[{index}]");
        match (requirement.operator.as_str(), requirement.values.is_empty()) {
            ("In" | "NotIn", true) => problems.push(FieldError::required(
                format!("{field}.values"),
                "must be specified when `operator` is 'In' or 'NotIn'",
            )),
            ("Exists" | "DoesNotExist", false) => problems.push(FieldError::forbidden(
                format!("{field}.values"),
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            )),
            ("In" | "NotIn" | "Exists" | "DoesNotExist", _) => {}
            (other, _) => problems.push(FieldError::invalid(
                format!("{field}.operator"),
                other,
                "not a valid selector operator",
            )),
        }
        if let Err(why) = weir_apiserver::names::validate_qualified_name(&requirement.key) {
            problems.push(FieldError::invalid(format!("{field}.key"), &requirement.key, why));
        }
    }
    problems
}
