//! What may be done, by looking at everything.

use std::collections::BTreeMap;

use weir_rbac::{Binding, PolicyRule, Request, RoleKind, Subject, SubjectKind, Target};

/// All roles and bindings, by place (`""` is the cluster) and name.
#[derive(Default)]
pub struct World {
    pub roles: BTreeMap<(&'static str, &'static str), Vec<PolicyRule>>,
    pub bindings: BTreeMap<(&'static str, &'static str), Binding>,
}

impl World {
    pub fn allows(&self, user: &str, groups: &[String], asked: &Request<'_>) -> bool {
        let asked_in = match asked.target {
            Target::Resource { namespace, .. } => namespace,
            Target::Path(_) => "",
        };
        for ((place, _), binding) in &self.bindings {
            if !place.is_empty() && *place != asked_in {
                continue;
            }
            if !binding.subjects.iter().any(|subject| is(subject, place, user, groups)) {
                continue;
            }
            let role_place = match binding.role.kind {
                RoleKind::ClusterRole => "",
                RoleKind::Role if place.is_empty() => continue,
                RoleKind::Role => place,
                RoleKind::Unknown => continue,
            };
            for ((role_in, name), rules) in &self.roles {
                if *role_in == role_place
                    && *name == binding.role.name
                    && rules.iter().any(|rule| rule_allows(rule, asked))
                {
                    return true;
                }
            }
        }
        false
    }
}

fn is(subject: &Subject, place: &str, user: &str, groups: &[String]) -> bool {
    match subject.kind {
        SubjectKind::User => subject.name == user,
        SubjectKind::Group => groups.contains(&subject.name),
        SubjectKind::ServiceAccount => {
            let namespace = if subject.namespace.is_empty() {
                place
            } else {
                &subject.namespace
            };
            format!("system:serviceaccount:{namespace}:{}", subject.name) == user
        }
        SubjectKind::Unknown => false,
    }
}

pub fn rule_allows(rule: &PolicyRule, asked: &Request<'_>) -> bool {
    let listed = |list: &Vec<String>, word: &str| list.contains(&"*".to_owned()) || list.contains(&word.to_owned());
    if !listed(&rule.verbs, asked.verb) {
        return false;
    }
    match asked.target {
        Target::Path(path) => rule.non_resource_urls.iter().any(|pattern| {
            let wild = pattern.trim_end_matches('*');
            pattern == path || (wild.len() < pattern.len() && path.starts_with(wild))
        }),
        Target::Resource {
            group,
            resource,
            subresource,
            name,
            ..
        } => {
            let spellings = match subresource {
                "" => vec!["*".to_owned(), resource.to_owned()],
                sub => vec!["*".to_owned(), format!("{resource}/{sub}"), format!("*/{sub}")],
            };
            listed(&rule.api_groups, group)
                && rule.resources.iter().any(|own| spellings.contains(own))
                && (rule.resource_names.is_empty() || rule.resource_names.contains(&name.to_owned()))
        }
    }
}
