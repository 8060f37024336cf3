use std::collections::{BTreeMap, BTreeSet};

use crate::PolicyRule;

/// Rules as people read them, one a line. Those that differ in nothing but the verb are told as one.
pub fn describe(rules: &[PolicyRule]) -> String {
    let mut verbs_of: BTreeMap<PolicyRule, Vec<&String>> = BTreeMap::new();
    for rule in rules {
        let about = PolicyRule {
            verbs: Vec::new(),
            ..rule.clone()
        };
        let verbs = verbs_of.entry(about).or_default();
        for verb in &rule.verbs {
            if !verbs.contains(&verb) {
                verbs.push(verb);
            }
        }
    }
    let lines: BTreeSet<String> = verbs_of
        .into_iter()
        .map(|(about, verbs)| {
            let verbs = verbs.into_iter().cloned().collect();
            line(&PolicyRule { verbs, ..about })
        })
        .collect();
    Vec::from_iter(lines).join("\n")
}

fn line(rule: &PolicyRule) -> String {
    let parts = [
        ("APIGroups", &rule.api_groups),
        ("Resources", &rule.resources),
        ("NonResourceURLs", &rule.non_resource_urls),
        ("ResourceNames", &rule.resource_names),
        ("Verbs", &rule.verbs),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(_, words)| !words.is_empty())
        .map(|(name, words)| {
            let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
            format!("{name}:[{}]", words.join(" "))
        })
        .collect();
    format!("{{{}}}", parts.join(", "))
}
