//! Nobody passes on rights that he does not hold: which of the wanted rules are not covered by the held ones.

mod describe;

use crate::PolicyRule;
use crate::rule::{ALL, path_matches};

pub use describe::describe;

/// Most combinations of group, resource, name and verb that are looked at. Roles that people write have hundreds; a
/// role of a megabyte could have billions.
pub const MAX_COMBINATIONS: usize = 1 << 14;

/// Why rights cannot be passed on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCovered {
    /// These, each of one group, resource, name and verb.
    #[error("{}", describe(.0))]
    Missing(Vec<PolicyRule>),
    #[error(transparent)]
    TooMany(#[from] TooManyCombinations),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the rules combine to more than {MAX_COMBINATIONS} rights, which are too many to check one by one; split them over \
     several roles, or use \"*\" if you hold it"
)]
pub struct TooManyCombinations;

/// # Errors
/// What is wanted but not held.
pub fn uncovered(held: &[&PolicyRule], wanted: &[PolicyRule]) -> Result<(), NotCovered> {
    let mut missing = Vec::new();
    let mut left = MAX_COMBINATIONS;
    for rule in wanted {
        if held.iter().any(|own| covers(own, rule)) {
            continue;
        }
        left = left.checked_sub(combinations(rule)).ok_or(TooManyCombinations)?;
        let single = split(rule).into_iter();
        missing.extend(single.filter(|single| !held.iter().any(|own| covers(own, single))));
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(NotCovered::Missing(missing))
    }
}

/// Whether one rule alone gives everything that another one gives.
fn covers(own: &PolicyRule, wanted: &PolicyRule) -> bool {
    let paths = wanted.non_resource_urls.iter();
    let mut paths = paths.map(|path| own.non_resource_urls.iter().any(|pattern| path_matches(pattern, path)));
    // A rule may speak of both; then both must be covered.
    let resources = gives_no_resources(wanted)
        || (includes(&own.api_groups, &wanted.api_groups)
            && wanted.resources.iter().all(|resource| covers_resource(own, resource))
            && covers_names(own, wanted));
    includes(&own.verbs, &wanted.verbs) && paths.all(|covered| covered) && resources
}

/// Without groups or resources a rule allows nothing about resources.
fn gives_no_resources(rule: &PolicyRule) -> bool {
    rule.api_groups.is_empty() || rule.resources.is_empty()
}

fn includes(own: &[String], wanted: &[String]) -> bool {
    own.iter().any(|word| word == ALL) || wanted.iter().all(|word| own.contains(word))
}

fn covers_resource(own: &PolicyRule, wanted: &str) -> bool {
    own.resources.iter().any(|resource| {
        let subresource = resource.strip_prefix("*/");
        resource == ALL
            || resource == wanted
            || subresource
                .is_some_and(|subresource| wanted.split_once('/').is_some_and(|(_, wanted)| wanted == subresource))
    })
}

fn covers_names(own: &PolicyRule, wanted: &PolicyRule) -> bool {
    let narrower = || {
        wanted
            .resource_names
            .iter()
            .all(|name| own.resource_names.contains(name))
    };
    own.resource_names.is_empty() || (!wanted.resource_names.is_empty() && narrower())
}

fn combinations(rule: &PolicyRule) -> usize {
    let names = rule.resource_names.len().max(1);
    let resources = [rule.api_groups.len(), rule.resources.len(), names];
    let resources = resources.into_iter().fold(1, usize::saturating_mul);
    resources
        .saturating_add(rule.non_resource_urls.len())
        .saturating_mul(rule.verbs.len())
}

/// The rule as many rules of one thing each.
fn split(rule: &PolicyRule) -> Vec<PolicyRule> {
    let mut single = Vec::with_capacity(combinations(rule));
    for verb in &rule.verbs {
        for group in &rule.api_groups {
            for resource in &rule.resources {
                let one = PolicyRule::resources(&[verb], &[group], &[resource]);
                if rule.resource_names.is_empty() {
                    single.push(one);
                } else {
                    single.extend(rule.resource_names.iter().map(|name| one.clone().named(&[name])));
                }
            }
        }
        single.extend(
            rule.non_resource_urls
                .iter()
                .map(|path| PolicyRule::paths(&[verb], &[path])),
        );
    }
    single
}

#[cfg(test)]
mod tests;
