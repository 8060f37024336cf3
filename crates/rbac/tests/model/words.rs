//! A world small enough that things meet in it.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use weir_rbac::{PolicyRule, Request, Subject, Target};

pub const PLACES: [&str; 3] = ["", "a", "b"];
pub const ROLES: [&str; 3] = ["one", "two", "three"];
const VERBS: [&str; 3] = ["get", "list", "update"];
const GROUPS: [&str; 2] = ["", "apps"];
const RESOURCES: [&str; 2] = ["pods", "scale"];
const SUBRESOURCES: [&str; 3] = ["", "log", "scale"];
const NAMES: [&str; 3] = ["", "x", "y"];
const PATHS: [&str; 4] = ["/", "/apis", "/apis/x", "/metrics"];

pub fn subjects() -> Vec<Subject> {
    vec![
        Subject::user("jane"),
        Subject::user("staff"),
        Subject::group("staff"),
        Subject::group("jane"),
        Subject::service_account("a", "bot"),
        Subject::service_account("b", "bot"),
        Subject::service_account("", "bot"),
    ]
}

pub fn askers() -> [(&'static str, &'static [&'static str]); 5] {
    [
        ("jane", &[]),
        ("joe", &["staff", "others"]),
        ("jane", &["staff"]),
        ("system:serviceaccount:a:bot", &["system:serviceaccounts"]),
        ("system:serviceaccount:b:bot", &[]),
    ]
}

/// Everything that can be asked.
pub fn every_request() -> impl Iterator<Item = Request<'static>> {
    let mut targets: Vec<Target<'static>> = PATHS.into_iter().map(Target::Path).collect();
    for group in GROUPS {
        for resource in RESOURCES {
            for subresource in SUBRESOURCES {
                for namespace in PLACES {
                    for name in NAMES {
                        targets.push(Target::Resource {
                            group,
                            resource,
                            subresource,
                            namespace,
                            name,
                        });
                    }
                }
            }
        }
    }
    targets
        .into_iter()
        .flat_map(|target| VERBS.into_iter().map(move |verb| Request { verb, target }))
}

/// A rule that validation would let pass, and now and then one that it would not.
pub fn random_rule(random: &mut StdRng) -> PolicyRule {
    let verbs = some(random, &[&VERBS[..], &["*"]].concat());
    if random.random_ratio(1, 5) {
        let paths = ["/", "/apis", "/apis/*", "/ap*", "*", "/metrics"];
        return PolicyRule {
            verbs,
            non_resource_urls: some(random, &paths),
            ..PolicyRule::default()
        };
    }
    let resources = ["pods", "pods/log", "pods/scale", "scale", "*/scale", "*/log", "*"];
    PolicyRule {
        verbs,
        api_groups: some(random, &["", "apps", "*"]),
        resources: some(random, &resources),
        resource_names: match random.random_ratio(1, 4) {
            true => some(random, &["x", "y", "*"]),
            false => Vec::new(),
        },
        non_resource_urls: match random.random_ratio(1, 40) {
            true => some(random, &["/metrics"]),
            false => Vec::new(),
        },
    }
}

fn some(random: &mut StdRng, words: &[&str]) -> Vec<String> {
    let count = random.random_range(1..=3.min(words.len()));
    words
        .choose_multiple(random, count)
        .map(|word| (*word).to_owned())
        .collect()
}
