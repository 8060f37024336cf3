use std::collections::BTreeMap;

use serde_json::{Value, json};
use weir_apiserver::Object;
use weir_rbac::{AggregationRule, LabelSelector, SourceRole, aggregated_rules};

use super::Wanted;
use super::plan::AUTO_UPDATE;
use crate::rbac::defaults::{self, DefaultBinding, DefaultRole};
use crate::rbac::{API_VERSION, CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES};

const BOOTSTRAPPING: (&str, &str) = ("kubernetes.io/bootstrapping", "rbac-defaults");

/// All default roles and bindings, as they are stored.
pub(super) fn default_objects() -> Vec<Wanted> {
    let mut roles = defaults::roles();
    aggregate(&mut roles);
    let roles = roles.iter().map(|role| Wanted {
        resource: match role.namespace {
            "" => CLUSTER_ROLES,
            _ => ROLES,
        },
        object: of_role(role),
    });
    let bindings = defaults::bindings();
    let bindings = bindings.iter().map(|binding| Wanted {
        resource: match binding.namespace {
            "" => CLUSTER_ROLE_BINDINGS,
            _ => ROLE_BINDINGS,
        },
        object: of_binding(binding),
    });
    roles.chain(bindings).collect()
}

/// Fills in the rules of aggregated roles. Some are part of others, so it is done until nothing changes any more.
fn aggregate(roles: &mut [DefaultRole]) {
    loop {
        let labels: Vec<BTreeMap<String, String>> = roles.iter().map(labels).collect();
        let sources = roles.iter().zip(&labels).filter(|(role, _)| role.namespace.is_empty());
        let sources: Vec<SourceRole<'_>> = sources
            .map(|(role, labels)| SourceRole {
                name: role.name,
                labels,
                rules: &role.rules,
            })
            .collect();
        let aggregated: Vec<_> = roles
            .iter()
            .enumerate()
            .filter(|(_, role)| !role.made_of.is_empty())
            .map(|(index, role)| (index, aggregated_rules(role.name, &rule(role), sources.iter().copied())))
            .filter(|(index, rules)| roles[*index].rules != *rules)
            .collect();
        if aggregated.is_empty() {
            return;
        }
        for (index, rules) in aggregated {
            roles[index].rules = rules;
        }
    }
}

fn labels(role: &DefaultRole) -> BTreeMap<String, String> {
    let part_of = role
        .part_of
        .iter()
        .map(|label| ((*label).to_owned(), "true".to_owned()));
    let (key, value) = BOOTSTRAPPING;
    part_of.chain([(key.to_owned(), value.to_owned())]).collect()
}

fn rule(role: &DefaultRole) -> AggregationRule {
    let selectors = role.made_of.iter().map(|label| LabelSelector::label(label, "true"));
    AggregationRule {
        cluster_role_selectors: selectors.collect(),
    }
}

fn of_role(role: &DefaultRole) -> Object {
    let kind = match role.namespace {
        "" => "ClusterRole",
        _ => "Role",
    };
    let mut object = object(kind, role.namespace, role.name);
    object["metadata"]["labels"] = json!(labels(role));
    if !role.description.is_empty() {
        object["metadata"]["annotations"]["openshift.io/description"] = role.description.into();
    }
    if !role.made_of.is_empty() {
        object["aggregationRule"] = json!(rule(role));
    }
    object["rules"] = json!(role.rules);
    object
}

fn of_binding(binding: &DefaultBinding) -> Object {
    let kind = match binding.namespace {
        "" => "ClusterRoleBinding",
        _ => "RoleBinding",
    };
    let mut object = object(kind, binding.namespace, binding.name);
    let (key, value) = BOOTSTRAPPING;
    object["metadata"]["labels"] = json!({key: value});
    object["roleRef"] = json!(binding.role);
    object["subjects"] = json!(binding.subjects);
    object
}

fn object(kind: &str, namespace: &str, name: &str) -> Value {
    let mut object = json!({
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {"name": name, "annotations": {AUTO_UPDATE: "true"}},
    });
    if !namespace.is_empty() {
        object["metadata"]["namespace"] = namespace.into();
    }
    object
}
