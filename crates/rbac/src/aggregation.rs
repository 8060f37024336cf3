//! ClusterRoles that consist of others: every ClusterRole with a label that the aggregation rule selects.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{PolicyRule, null};

/// Which ClusterRoles make up an aggregated one; one selector is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AggregationRule {
    #[serde(deserialize_with = "null::as_default", skip_serializing_if = "Vec::is_empty")]
    pub cluster_role_selectors: Vec<LabelSelector>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    #[serde(deserialize_with = "null::as_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "null::as_default", skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<Requirement>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Requirement {
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`; anything else selects nothing.
    pub operator: String,
    #[serde(deserialize_with = "null::as_default", skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// A ClusterRole that may be part of an aggregated one.
#[derive(Clone, Copy, Debug)]
pub struct SourceRole<'a> {
    pub name: &'a str,
    pub labels: &'a BTreeMap<String, String>,
    pub rules: &'a [PolicyRule],
}

/// The rules of the ClusterRole `name`: those of all roles that `rule` selects, in the order of their names, each once.
pub fn aggregated_rules<'a>(
    name: &str,
    rule: &AggregationRule,
    roles: impl IntoIterator<Item = SourceRole<'a>>,
) -> Vec<PolicyRule> {
    let selected = |role: &SourceRole<'_>| {
        let mut selectors = rule.cluster_role_selectors.iter();
        role.name != name && selectors.any(|selector| selector.selects(role.labels))
    };
    let mut sources: Vec<SourceRole<'a>> = roles.into_iter().filter(selected).collect();
    sources.sort_by_key(|role| role.name);
    let mut seen = std::collections::HashSet::new();
    let rules = sources.iter().flat_map(|role| role.rules);
    rules.filter(|rule| seen.insert(*rule)).cloned().collect()
}

impl LabelSelector {
    /// What has this label with this value.
    pub fn label(key: &str, value: &str) -> Self {
        Self {
            match_labels: [(key.to_owned(), value.to_owned())].into(),
            match_expressions: Vec::new(),
        }
    }

    /// An empty selector selects everything.
    pub fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        let mut wanted = self.match_labels.iter();
        wanted.all(|(key, value)| labels.get(key) == Some(value))
            && self
                .match_expressions
                .iter()
                .all(|requirement| requirement.holds(labels))
    }
}

impl Requirement {
    fn holds(&self, labels: &BTreeMap<String, String>) -> bool {
        let found = labels.get(&self.key);
        let listed = found.is_some_and(|value| self.values.contains(value));
        match self.operator.as_str() {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => found.is_some(),
            "DoesNotExist" => found.is_none(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect()
    }

    #[test]
    fn selectors_of_all_operators() {
        let table = [
            (r#"{}"#, true),
            (r#"{"matchLabels":{"a":"1"}}"#, true),
            (r#"{"matchLabels":{"a":"2"}}"#, false),
            (
                r#"{"matchExpressions":[{"key":"a","operator":"In","values":["1","2"]}]}"#,
                true,
            ),
            (
                r#"{"matchExpressions":[{"key":"a","operator":"NotIn","values":["1"]}]}"#,
                false,
            ),
            (
                r#"{"matchExpressions":[{"key":"b","operator":"NotIn","values":["1"]}]}"#,
                true,
            ),
            (r#"{"matchExpressions":[{"key":"a","operator":"Exists"}]}"#, true),
            (r#"{"matchExpressions":[{"key":"a","operator":"DoesNotExist"}]}"#, false),
            (r#"{"matchExpressions":[{"key":"a","operator":"Like"}]}"#, false),
        ];
        for (selector, wanted) in table {
            let selector: LabelSelector = serde_json::from_str(selector).unwrap();
            assert_eq!(selector.selects(&labels(&[("a", "1")])), wanted, "{selector:?}");
        }
    }

    #[test]
    fn an_aggregated_role_is_the_union_of_what_it_selects_but_not_of_itself() {
        let read = PolicyRule::resources(&["get"], &[""], &["pods"]);
        let write = PolicyRule::resources(&["update"], &[""], &["pods"]);
        let (edit, none) = (labels(&[("to-edit", "true")]), labels(&[]));
        let role = |name, labels, rules| SourceRole { name, labels, rules };
        let (both, second) = ([write.clone(), read.clone()], [read.clone()]);
        let other = [PolicyRule::resources(&["get"], &[""], &["secrets"])];
        let roles = [
            role("z", &edit, &second[..]),
            role("a", &edit, &both[..]),
            role("edit", &edit, &other[..]),
            role("b", &none, &other[..]),
        ];
        let rule = AggregationRule {
            cluster_role_selectors: vec![LabelSelector::label("to-edit", "true")],
        };
        assert_eq!(aggregated_rules("edit", &rule, roles), [write, read]);
        assert_eq!(aggregated_rules("edit", &AggregationRule::default(), roles), []);
    }
}
