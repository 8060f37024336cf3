use std::collections::BTreeMap;

use k8s_openapi::api::rbac::v1::ClusterRole;
use serde::Serialize;
use serde::de::DeserializeOwned;
use weir_rbac::{AggregationRule, PolicyRule, SourceRole, aggregated_rules};

/// A ClusterRole as the rules of aggregation see it.
struct Source<'a> {
    name: &'a str,
    labels: BTreeMap<String, String>,
    rules: Vec<PolicyRule>,
}

/// The rules that `role` lacks or has too many of: what they are to be. `None` when they are right, and for roles that
/// are not aggregated.
///
/// # Errors
/// When a role holds what is no rule.
pub fn plan<'a>(
    role: &ClusterRole,
    all: impl IntoIterator<Item = &'a ClusterRole>,
) -> Result<Option<Vec<PolicyRule>>, serde_json::Error> {
    let Some(rule) = &role.aggregation_rule else {
        return Ok(None);
    };
    let rule: AggregationRule = same(rule)?;
    let sources = all.into_iter().map(source).collect::<Result<Vec<_>, _>>()?;
    let sources = sources.iter().map(|source| SourceRole {
        name: source.name,
        labels: &source.labels,
        rules: &source.rules,
    });
    let wanted = aggregated_rules(role.metadata.name.as_deref().unwrap_or_default(), &rule, sources);
    Ok((rules(role)? != wanted).then_some(wanted))
}

fn source(role: &ClusterRole) -> Result<Source<'_>, serde_json::Error> {
    Ok(Source {
        name: role.metadata.name.as_deref().unwrap_or_default(),
        labels: role.metadata.labels.clone().unwrap_or_default(),
        rules: rules(role)?,
    })
}

fn rules(role: &ClusterRole) -> Result<Vec<PolicyRule>, serde_json::Error> {
    role.rules.iter().flatten().map(same).collect()
}

/// The same words in another type.
fn same<T: DeserializeOwned>(value: &impl Serialize) -> Result<T, serde_json::Error> {
    serde_json::from_value(serde_json::to_value(value)?)
}
