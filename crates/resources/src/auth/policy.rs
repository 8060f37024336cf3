//! Roles and bindings as data, in the shape of RBAC: what RBAC objects will say, when there are any, goes through the
//! same evaluation.

use std::borrow::Cow;

use weir_apiserver::{Attributes, UserInfo};

type Words = Cow<'static, [Cow<'static, str>]>;

/// One rule of a role. `*` in a list stands for everything.
#[derive(Clone, Debug, Default)]
pub struct PolicyRule {
    pub verbs: Words,
    pub api_groups: Words,
    /// `pods`, or `pods/log` for a subresource.
    pub resources: Words,
    /// Empty: every name.
    pub resource_names: Words,
    /// Paths of requests that address no resource; a trailing `*` matches the rest.
    pub non_resource_urls: Words,
}

#[derive(Clone, Debug)]
pub struct Role {
    pub name: Cow<'static, str>,
    pub rules: Vec<PolicyRule>,
}

/// Who a role is given to.
#[derive(Clone, Debug)]
pub enum Subject {
    Group(Cow<'static, str>),
    /// The service account of this name in the namespace that is asked about, for [`Reach::Everywhere`].
    LocalServiceAccount(Cow<'static, str>),
    /// Every service account of the namespace that is asked about.
    LocalServiceAccounts,
}

/// Where a binding gives its role.
#[derive(Clone, Debug)]
pub enum Reach {
    Everywhere,
    Namespace(Cow<'static, str>),
}

#[derive(Clone, Debug)]
pub struct Binding {
    pub subject: Subject,
    pub reach: Reach,
    pub role: Role,
}

impl Binding {
    /// Whether this binding allows `user` what is asked.
    pub fn allows(&self, user: &UserInfo, asked: &Attributes) -> bool {
        self.reach.includes(&asked.namespace)
            && self.subject.is(user, &asked.namespace)
            && self.role.rules.iter().any(|rule| rule.allows(asked))
    }
}

impl Reach {
    fn includes(&self, namespace: &str) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Namespace(own) => own == namespace,
        }
    }
}

impl Subject {
    fn is(&self, user: &UserInfo, namespace: &str) -> bool {
        let member = |group: &str| user.groups.iter().any(|own| own == group);
        match self {
            Self::Group(group) => member(group),
            Self::LocalServiceAccount(name) => {
                !namespace.is_empty() && user.username == super::service_account_token::username(namespace, name)
            }
            Self::LocalServiceAccounts => {
                !namespace.is_empty() && member(&super::user_info::service_accounts_group(namespace))
            }
        }
    }
}

impl PolicyRule {
    /// A rule about resources.
    pub fn resources(
        verbs: &'static [&'static str],
        groups: &'static [&'static str],
        resources: &'static [&'static str],
    ) -> Self {
        Self {
            verbs: words(verbs),
            api_groups: words(groups),
            resources: words(resources),
            ..Self::default()
        }
    }

    /// A rule about paths that address no resource.
    pub fn paths(verbs: &'static [&'static str], paths: &'static [&'static str]) -> Self {
        Self {
            verbs: words(verbs),
            non_resource_urls: words(paths),
            ..Self::default()
        }
    }

    pub fn allows(&self, asked: &Attributes) -> bool {
        if !has(&self.verbs, &asked.verb) {
            return false;
        }
        match &asked.path {
            Some(path) => self.non_resource_urls.iter().any(|pattern| path_matches(pattern, path)),
            None => {
                has(&self.api_groups, &asked.group)
                    && has(&self.resources, &qualified(asked))
                    && (self.resource_names.is_empty() || has(&self.resource_names, &asked.name))
            }
        }
    }
}

fn words(list: &'static [&'static str]) -> Words {
    list.iter().map(|word| Cow::Borrowed(*word)).collect::<Vec<_>>().into()
}

fn has(list: &Words, word: &str) -> bool {
    list.iter().any(|own| own == "*" || own == word)
}

fn qualified(asked: &Attributes) -> Cow<'_, str> {
    if asked.subresource.is_empty() {
        Cow::Borrowed(&asked.resource)
    } else {
        Cow::Owned(format!("{}/{}", asked.resource, asked.subresource))
    }
}

fn path_matches(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => pattern == path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(verb: &str, group: &str, resource: &str, subresource: &str, name: &str) -> Attributes {
        Attributes {
            verb: verb.into(),
            group: group.into(),
            resource: resource.into(),
            subresource: subresource.into(),
            name: name.into(),
            ..Attributes::default()
        }
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
    fn names_narrow_a_rule() {
        let mut rule = PolicyRule::resources(&["*"], &["*"], &["*"]);
        rule.resource_names = words(&["web"]);
        assert!(rule.allows(&asked("delete", "apps.openshift.io", "deploymentconfigs", "", "web")));
        assert!(!rule.allows(&asked("delete", "apps.openshift.io", "deploymentconfigs", "", "db")));
        assert!(!rule.allows(&asked("list", "apps.openshift.io", "deploymentconfigs", "", "")));
    }

    #[test]
    fn a_rule_for_paths_allows_no_resources() {
        let rule = PolicyRule::paths(&["get"], &["/apis", "/apis/*"]);
        let path = |path: &str| Attributes {
            verb: "get".into(),
            path: Some(path.into()),
            ..Attributes::default()
        };
        assert!(rule.allows(&path("/apis/apps/v1")));
        assert!(rule.allows(&path("/apis")));
        assert!(!rule.allows(&path("/metrics")));
        assert!(!rule.allows(&asked("get", "", "", "", "")));
    }
}
