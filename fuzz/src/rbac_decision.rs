//! The index of roles and bindings decides as a search through all of them does, after any changes in any order.

use std::collections::BTreeMap;

use arbitrary::{Result, Unstructured};
use weir_rbac::{Binding, Index, PolicyRule, Request, RoleKind, RoleRef, Subject, SubjectKind, Who};

use crate::rules::{allows, requests, rules};

const NAMESPACES: [&str; 3] = ["", "ns", "other"];
const ROLES: [&str; 2] = ["r1", "r2"];
const BINDINGS: [&str; 3] = ["b1", "b2", "b3"];
const USERS: [&str; 3] = ["ann", "bob", "system:serviceaccount:ns:ann"];
const GROUPS: [&str; 2] = ["team", "ann"];
const MAX_CHANGES: usize = 12;

/// Everything in two maps, by namespace and name.
#[derive(Default)]
struct Model {
    roles: BTreeMap<(&'static str, &'static str), Vec<PolicyRule>>,
    bindings: BTreeMap<(&'static str, &'static str), Binding>,
}

pub fn check(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let (mut index, mut model) = (Index::default(), Model::default());
    let changes = u.int_in_range(0..=MAX_CHANGES).unwrap_or(0);
    for _ in 0..changes {
        if change(&mut u, &mut index, &mut model).is_err() {
            break;
        }
    }
    for user in USERS {
        for groups in [
            vec![],
            vec!["team".to_owned()],
            vec!["team".to_owned(), "ann".to_owned()],
        ] {
            let who = Who {
                name: user,
                groups: &groups,
            };
            for asked in NAMESPACES.into_iter().flat_map(requests) {
                let grant = index.allows(who, &asked);
                assert_eq!(
                    grant.is_some(),
                    model.allows(who, &asked),
                    "{user} {groups:?} {asked:?}"
                );
            }
        }
    }
}

fn change(u: &mut Unstructured<'_>, index: &mut Index, model: &mut Model) -> Result<()> {
    let namespace = *u.choose(&NAMESPACES)?;
    match u.int_in_range(0..=9)? {
        0..=2 => {
            let (name, rules) = (*u.choose(&ROLES)?, rules(u)?);
            index.put_role(namespace, name, rules.clone());
            model.roles.insert((namespace, name), rules);
        }
        3..=6 => {
            let (name, binding) = (*u.choose(&BINDINGS)?, binding(u)?);
            index.put_binding(namespace, name, binding.clone());
            model.bindings.insert((namespace, name), binding);
        }
        7 => {
            let name = *u.choose(&ROLES)?;
            index.remove_role(namespace, name);
            model.roles.remove(&(namespace, name));
        }
        8 => {
            let name = *u.choose(&BINDINGS)?;
            index.remove_binding(namespace, name);
            model.bindings.remove(&(namespace, name));
        }
        _ => {
            index.clear_role_bindings();
            model.bindings.retain(|(namespace, _), _| namespace.is_empty());
        }
    }
    Ok(())
}

fn binding(u: &mut Unstructured<'_>) -> Result<Binding> {
    let name = *u.choose(&ROLES)?;
    let role = match u.int_in_range(0..=2)? {
        0 => RoleRef::role(name),
        1 => RoleRef::cluster_role(name),
        _ => RoleRef {
            kind: RoleKind::Unknown,
            ..RoleRef::role(name)
        },
    };
    let count = u.int_in_range(0..=2)?;
    let subjects = (0..count).map(|_| subject(u)).collect::<Result<_>>()?;
    Ok(Binding { role, subjects })
}

fn subject(u: &mut Unstructured<'_>) -> Result<Subject> {
    Ok(match u.int_in_range(0..=3)? {
        0 => Subject::user(u.choose(&USERS)?),
        1 => Subject::group(u.choose(&GROUPS)?),
        2 => Subject::service_account(u.choose(&NAMESPACES)?, "ann"),
        _ => Subject {
            kind: SubjectKind::Unknown,
            ..Subject::user("ann")
        },
    })
}

impl Model {
    fn allows(&self, who: Who<'_>, asked: &Request<'_>) -> bool {
        self.bindings.iter().any(|((namespace, _), binding)| {
            let counts = namespace.is_empty() || *namespace == asked.namespace();
            let is_subject = binding
                .subjects
                .iter()
                .any(|subject| is_subject(subject, who, namespace));
            counts
                && is_subject
                && self
                    .rules(namespace, &binding.role)
                    .iter()
                    .any(|rule| allows(rule, asked))
        })
    }

    fn rules(&self, namespace: &str, role: &RoleRef) -> &[PolicyRule] {
        let place = match role.kind {
            RoleKind::ClusterRole => "",
            RoleKind::Role if !namespace.is_empty() => namespace,
            RoleKind::Role | RoleKind::Unknown => return &[],
        };
        let is_meant = |(namespace, name): &(&str, &str)| *namespace == place && *name == role.name;
        let found = self.roles.iter().find(|(key, _)| is_meant(key));
        found.map_or(&[], |(_, rules)| rules)
    }
}

fn is_subject(subject: &Subject, who: Who<'_>, namespace: &str) -> bool {
    match subject.kind {
        SubjectKind::User => subject.name == who.name,
        SubjectKind::Group => who.groups.contains(&subject.name),
        SubjectKind::ServiceAccount => {
            let own = if subject.namespace.is_empty() {
                namespace
            } else {
                &subject.namespace
            };
            who.name == format!("system:serviceaccount:{own}:{}", subject.name)
        }
        SubjectKind::Unknown => false,
    }
}
