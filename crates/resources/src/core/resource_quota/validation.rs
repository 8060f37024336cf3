use serde_json::Value;
use weir_apiserver::{FieldError, Object};
use weir_quota::Scope;

use super::super::{quantities, resource_names};
use super::{HARD, STATUS};
use crate::json;

const EXISTS_RULE: &str = "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, \
    ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or \
    ResourceQuotaScopeCrossNamespacePodAffinity";

pub(super) fn validate(quota: &Object) -> Vec<FieldError> {
    let mut problems = Vec::new();
    for path in [HARD].into_iter().chain(STATUS) {
        let field = path.trim_start_matches('/').replace('/', ".");
        for (name, amount) in quantities::all(quota, path) {
            let here = format!("{field}[{name}]");
            problems.extend(resource_names::validate_in_quota(&here, name));
            let counts_things = resource_names::counts_things(name);
            problems.extend(quantities::validate_bound(&here, amount, counts_things));
        }
    }
    problems.extend(validate_scopes(quota));
    problems.extend(validate_selector(quota));
    problems
}

/// A quota is about the same pods for ever; what it counted would be wrong otherwise.
pub(super) fn validate_scopes_stay(quota: &Object, old: &Object) -> Option<FieldError> {
    let set = |quota: &Object| {
        let mut scopes: Vec<String> = scopes(quota).map(str::to_owned).collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    };
    (set(quota) != set(old)).then(|| FieldError::invalid("spec.scopes", &quota["spec"]["scopes"], "field is immutable"))
}

fn scopes(quota: &Object) -> impl Iterator<Item = &str> {
    json::items(quota, "/spec/scopes").iter().filter_map(Value::as_str)
}

fn validate_scopes(quota: &Object) -> Vec<FieldError> {
    const FIELD: &str = "spec.scopes";
    let all = &quota["spec"]["scopes"];
    let mut problems = Vec::new();
    for name in scopes(quota) {
        if Scope::parse(name).is_none() {
            problems.push(FieldError::invalid(FIELD, all, "unsupported scope"));
        }
        problems.extend(unbounded(FIELD, all, quota, name));
    }
    problems.extend(conflict(FIELD, all, scopes(quota)));
    problems
}

fn validate_selector(quota: &Object) -> Vec<FieldError> {
    const FIELD: &str = "spec.scopeSelector.matchExpressions";
    let rules = json::items(quota, "/spec/scopeSelector/matchExpressions");
    let selector = &quota["spec"]["scopeSelector"];
    let name = |rule: &'_ Value| json::text(rule, "/scopeName").to_owned();
    let mut problems = Vec::new();
    for rule in rules {
        let scope = name(rule);
        if Scope::parse(&scope).is_none() {
            let field = format!("{FIELD}.scopeName");
            problems.push(FieldError::invalid(field, &scope, "unsupported scope"));
        }
        problems.extend(unbounded(FIELD, selector, quota, &scope));
        problems.extend(validate_operator(FIELD, rule));
    }
    let names: Vec<String> = rules.iter().map(name).collect();
    problems.extend(conflict(FIELD, selector, names.iter().map(String::as_str)));
    problems
}

/// What the quota bounds though pods of this scope cannot be bounded by it.
fn unbounded(field: &str, shown: &Value, quota: &Object, scope: &str) -> Vec<FieldError> {
    let scope = Scope::parse(scope);
    let hard = json::members(quota, HARD).map(|(name, _)| name);
    hard.filter(|name| resource_names::is_of_quotas(name) && !scope.is_some_and(|scope| scope.bounds(name)))
        .map(|_| FieldError::invalid(field, shown, "unsupported scope applied to resource"))
        .collect()
}

/// No pod is in a scope and in its opposite.
fn conflict<'a>(field: &str, shown: &Value, names: impl Iterator<Item = &'a str>) -> Vec<FieldError> {
    let scopes: Vec<Scope> = names.filter_map(Scope::parse).collect();
    [Scope::BestEffort, Scope::Terminating]
        .into_iter()
        .filter(|scope| {
            let both = [Some(*scope), scope.opposite()];
            both.iter().flatten().all(|scope| scopes.contains(scope))
        })
        .map(|_| FieldError::invalid(field, shown, "conflicting scopes"))
        .collect()
}

fn validate_operator(field: &str, rule: &Value) -> Vec<FieldError> {
    let operator = json::text(rule, "/operator");
    let values = json::items(rule, "/values");
    let scope = Scope::parse(json::text(rule, "/scopeName"));
    let mut problems = Vec::new();
    if scope.is_some_and(|scope| scope != Scope::PriorityClass) && operator != "Exists" {
        problems.push(FieldError::invalid(format!("{field}.operator"), operator, EXISTS_RULE));
    }
    let at = format!("{field}.values");
    match operator {
        "In" | "NotIn" if values.is_empty() => {
            let message = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
            problems.push(FieldError::required(at, message));
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            let message = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
            problems.push(FieldError::invalid(at, values, message));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        _ => {
            let message = "not a valid selector operator";
            problems.push(FieldError::invalid(format!("{field}.operator"), operator, message));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(spec: Value) -> Vec<String> {
        let found = validate(&json!({"kind": "ResourceQuota", "spec": spec}));
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn bounds_are_known_names_with_sensible_amounts() {
        let odd = |name: &str, amount: &str| problems(json!({"hard": {name: amount}})).join("; ");
        for (name, amount) in [
            ("pods", "2"),
            ("requests.cpu", "500m"),
            ("limits.memory", "1Gi"),
            ("count/builds.build.openshift.io", "3"),
            ("openshift.io/imagestreams", "3"),
            ("requests.example.com/gpu", "1"),
            ("requests.hugepages-2Mi", "1Gi"),
        ] {
            assert_eq!(odd(name, amount), "", "{name}");
        }
        assert_eq!(
            odd("toys", "1"),
            "spec.hard[toys]: Invalid value: \"toys\": must be a standard resource type or fully qualified; \
             spec.hard[toys]: Invalid value: \"toys\": must be a standard resource for quota"
        );
        assert_eq!(
            odd("pods", "-1"),
            "spec.hard[pods]: Invalid value: \"-1\": must be greater than or equal to 0"
        );
        assert_eq!(
            odd("pods", "500m"),
            "spec.hard[pods]: Invalid value: \"500m\": must be an integer"
        );
        assert_eq!(
            odd("count/toys.example.com", "1500m"),
            "spec.hard[count/toys.example.com]: Invalid value: \"1500m\": must be an integer"
        );
    }

    #[test]
    fn scopes_are_known_and_fit_each_other_and_what_is_bounded() {
        assert!(problems(json!({"scopes": ["BestEffort", "NotTerminating"], "hard": {"pods": "1"}})).is_empty());
        assert_eq!(
            problems(json!({"scopes": ["Odd"]})),
            ["spec.scopes: Invalid value: [\"Odd\"]: unsupported scope"]
        );
        assert_eq!(
            problems(json!({"scopes": ["BestEffort"], "hard": {"cpu": "1", "pods": "1"}})),
            ["spec.scopes: Invalid value: [\"BestEffort\"]: unsupported scope applied to resource"]
        );
        assert_eq!(
            problems(json!({"scopes": ["Terminating", "NotTerminating"]})),
            ["spec.scopes: Invalid value: [\"Terminating\",\"NotTerminating\"]: conflicting scopes"]
        );
    }

    #[test]
    fn selectors_of_scopes_have_values_where_they_need_some() {
        let rule = |operator: &str, values: Value| {
            let rule = json!({"scopeName": "PriorityClass", "operator": operator, "values": values});
            problems(json!({"scopeSelector": {"matchExpressions": [rule]}}))
        };
        assert!(rule("In", json!(["high"])).is_empty());
        assert!(rule("Exists", json!([])).is_empty());
        for (operator, values) in [("In", json!([])), ("Exists", json!(["x"])), ("Near", json!([]))] {
            assert_eq!(rule(operator, values).len(), 1, "{operator}");
        }
        let other = json!({"scopeName": "BestEffort", "operator": "DoesNotExist"});
        assert_eq!(
            problems(json!({"scopeSelector": {"matchExpressions": [other]}})).len(),
            1
        );
    }

    #[test]
    fn scopes_stay_in_whatever_order() {
        let quota = |scopes: Value| json!({"spec": {"scopes": scopes}});
        let both = quota(json!(["BestEffort", "Terminating"]));
        assert!(validate_scopes_stay(&both, &quota(json!(["Terminating", "BestEffort"]))).is_none());
        assert!(validate_scopes_stay(&both, &quota(json!(["BestEffort"]))).is_some());
        assert!(validate_scopes_stay(&quota(json!([])), &json!({"spec": {}})).is_none());
    }
}
