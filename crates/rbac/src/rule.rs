use serde::{Deserialize, Serialize};

use crate::null;
use crate::request::{Request, Target};

pub(crate) const ALL: &str = "*";

/// One rule of a role, as it is on the wire. `*` in a list stands for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyRule {
    #[serde(deserialize_with = "null::as_default", skip_serializing_if = "Vec::is_empty")]
    pub api_groups: Vec<String>,
    /// `pods`; `pods/log` for a subresource; `*/scale` for that of every resource.
    #[serde(deserialize_with = "null::as_default", skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// Empty: every name.
    #[serde(deserialize_with = "null::as_default", skip_serializing_if = "Vec::is_empty")]
    pub resource_names: Vec<String>,
    /// Paths of requests that address no resource; a trailing `*` matches the rest.
    #[serde(
        rename = "nonResourceURLs",
        deserialize_with = "null::as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub non_resource_urls: Vec<String>,
    #[serde(deserialize_with = "null::as_default")]
    pub verbs: Vec<String>,
}

impl PolicyRule {
    /// A rule about resources.
    pub fn resources(verbs: &[&str], api_groups: &[&str], resources: &[&str]) -> Self {
        Self {
            verbs: owned(verbs),
            api_groups: owned(api_groups),
            resources: owned(resources),
            ..Self::default()
        }
    }

    /// A rule about paths that address no resource.
    pub fn paths(verbs: &[&str], paths: &[&str]) -> Self {
        Self {
            verbs: owned(verbs),
            non_resource_urls: owned(paths),
            ..Self::default()
        }
    }

    /// The same rule for objects of these names only.
    pub fn named(mut self, names: &[&str]) -> Self {
        self.resource_names = owned(names);
        self
    }

    pub fn allows(&self, asked: &Request<'_>) -> bool {
        if !has(&self.verbs, asked.verb) {
            return false;
        }
        match asked.target {
            Target::Path(path) => self.non_resource_urls.iter().any(|pattern| path_matches(pattern, path)),
            Target::Resource {
                group,
                resource,
                subresource,
                name,
                ..
            } => {
                has(&self.api_groups, group)
                    && self.resources.iter().any(|own| is_resource(own, resource, subresource))
                    && (self.resource_names.is_empty() || self.resource_names.iter().any(|own| own == name))
            }
        }
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn has(list: &[String], word: &str) -> bool {
    list.iter().any(|own| own == ALL || own == word)
}

/// `own` is what a rule says: `*`, `pods`, `pods/log` or `*/log`.
fn is_resource(own: &str, resource: &str, subresource: &str) -> bool {
    if own == ALL {
        return true;
    }
    if subresource.is_empty() {
        return own == resource;
    }
    let parent = own.strip_suffix(subresource).and_then(|rest| rest.strip_suffix('/'));
    parent.is_some_and(|parent| parent == ALL || parent == resource)
}

pub(crate) fn path_matches(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => path.starts_with(start.trim_end_matches('*')),
        None => pattern == path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked<'a>(verb: &'a str, group: &'a str, resource: &'a str, subresource: &'a str, name: &'a str) -> Request<'a> {
        let target = Target::Resource {
            group,
            resource,
            subresource,
            namespace: "ns",
            name,
        };
        Request { verb, target }
    }

    #[test]
    fn a_rule_for_a_resource_says_nothing_of_its_subresources() {
        let rule = PolicyRule::resources(&["get"], &[""], &["pods"]);
        assert!(rule.allows(&asked("get", "", "pods", "", "p")));
        assert!(!rule.allows(&asked("get", "", "pods", "log", "p")));
        assert!(!rule.allows(&asked("list", "", "pods", "", "")));
        assert!(!rule.allows(&asked("get", "apps", "pods", "", "p")));
    }

    #[test]
    fn subresources_are_named_with_their_resource_or_for_all() {
        let table = [
            ("pods/log", "pods", "log", true),
            ("pods/log", "pods", "exec", false),
            ("pods/log", "logs", "log", false),
            ("pods/log", "pods", "", false),
            ("*/scale", "deploymentconfigs", "scale", true),
            ("*/scale", "deploymentconfigs", "status", false),
            ("*/scale", "scale", "", false),
            ("*", "pods", "log", true),
            ("log", "pods", "log", false),
            ("/log", "pods", "log", false),
        ];
        for (own, resource, subresource, wanted) in table {
            assert_eq!(
                is_resource(own, resource, subresource),
                wanted,
                "{own} {resource}/{subresource}"
            );
        }
    }

    #[test]
    fn names_narrow_a_rule_and_have_no_wildcard() {
        let rule = PolicyRule::resources(&["*"], &["*"], &["*"]).named(&["web"]);
        assert!(rule.allows(&asked("delete", "apps.openshift.io", "deploymentconfigs", "", "web")));
        assert!(!rule.allows(&asked("delete", "apps.openshift.io", "deploymentconfigs", "", "db")));
        assert!(!rule.allows(&asked("list", "apps.openshift.io", "deploymentconfigs", "", "")));
        let star = PolicyRule::resources(&["get"], &[""], &["pods"]).named(&["*"]);
        assert!(!star.allows(&asked("get", "", "pods", "", "web")));
    }

    #[test]
    fn a_rule_for_paths_allows_no_resources() {
        let rule = PolicyRule::paths(&["get"], &["/apis", "/apis/*"]);
        let path = |path| Request {
            verb: "get",
            target: Target::Path(path),
        };
        assert!(rule.allows(&path("/apis/apps/v1")));
        assert!(rule.allows(&path("/apis")));
        assert!(!rule.allows(&path("/metrics")));
        assert!(!rule.allows(&asked("get", "", "", "", "")));
    }

    #[test]
    fn null_lists_are_empty_lists() {
        let rule: PolicyRule =
            serde_json::from_str(r#"{"apiGroups":null,"resources":["pods"],"verbs":["get"]}"#).unwrap();
        assert_eq!(rule, PolicyRule::resources(&["get"], &[], &["pods"]));
    }
}
