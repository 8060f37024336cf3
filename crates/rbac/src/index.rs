//! All roles and bindings in memory, by who they are about: a decision looks at the grants of the asker and at nothing
//! else, and copies nothing.

mod grants;
mod holders;

use std::collections::HashMap;
use std::ops::ControlFlow;

use crate::{PolicyRule, Request, RoleKind, RoleRef, Subject, Who};

use grants::Grants;
pub use holders::Holders;

/// What a RoleBinding or a ClusterRoleBinding says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    pub role: RoleRef,
    pub subjects: Vec<Subject>,
}

/// Why something is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant<'a> {
    /// Empty: a ClusterRoleBinding.
    pub namespace: &'a str,
    pub binding: &'a str,
    pub role: &'a RoleRef,
    pub subjects: &'a [Subject],
}

/// A binding gives a role that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {name} not found")]
pub struct RoleNotFound {
    pub kind: RoleKind,
    pub name: String,
}

/// Roles and bindings that are in force. A namespace of `""` means those of the cluster.
#[derive(Default)]
pub struct Index {
    cluster: Place,
    namespaces: HashMap<Box<str>, Place>,
}

/// What is in force in one place: the cluster or a namespace.
#[derive(Default)]
struct Place {
    roles: HashMap<Box<str>, Vec<PolicyRule>>,
    grants: Grants,
}

impl Index {
    pub fn put_role(&mut self, namespace: &str, name: &str, rules: Vec<PolicyRule>) {
        self.place_mut(namespace).roles.insert(name.into(), rules);
    }

    pub fn remove_role(&mut self, namespace: &str, name: &str) {
        self.place_mut(namespace).roles.remove(name);
        self.forget_if_empty(namespace);
    }

    pub fn put_binding(&mut self, namespace: &str, name: &str, binding: Binding) {
        self.place_mut(namespace).grants.put(namespace, name, binding);
    }

    pub fn remove_binding(&mut self, namespace: &str, name: &str) {
        self.place_mut(namespace).grants.remove(name);
        self.forget_if_empty(namespace);
    }

    pub fn clear_cluster_roles(&mut self) {
        self.cluster.roles.clear();
    }

    pub fn clear_cluster_bindings(&mut self) {
        self.cluster.grants = Grants::default();
    }

    /// Those of all namespaces.
    pub fn clear_roles(&mut self) {
        self.namespaces.values_mut().for_each(|place| place.roles.clear());
    }

    /// Those of all namespaces.
    pub fn clear_role_bindings(&mut self) {
        let grants = self.namespaces.values_mut().map(|place| &mut place.grants);
        grants.for_each(|grants| *grants = Grants::default());
    }

    /// The first grant that allows what is asked.
    pub fn allows(&self, who: Who<'_>, asked: &Request<'_>) -> Option<Grant<'_>> {
        let found = self.visit(who, asked.namespace(), |grant, rules| {
            if rules.iter().any(|rule| rule.allows(asked)) {
                ControlFlow::Break(grant)
            } else {
                ControlFlow::Continue(())
            }
        });
        found.break_value()
    }

    /// All that somebody may do in a namespace, or (`""`) in the whole cluster.
    pub fn rules_of(&self, who: Who<'_>, namespace: &str) -> Vec<&PolicyRule> {
        let mut all = Vec::new();
        let _ = self.visit(who, namespace, |_, rules| {
            all.extend(rules);
            ControlFlow::<()>::Continue(())
        });
        all
    }

    /// The rules that a binding in `namespace` (`""`: one of the cluster) gives.
    ///
    /// # Errors
    /// When there is no such role; a binding of the cluster finds ClusterRoles only.
    pub fn rules_of_role(&self, namespace: &str, role: &RoleRef) -> Result<&[PolicyRule], RoleNotFound> {
        let found = match role.kind {
            RoleKind::ClusterRole => self.cluster.roles.get(role.name.as_str()),
            RoleKind::Role if namespace.is_empty() => None,
            RoleKind::Role => {
                let place = self.namespaces.get(namespace);
                place.and_then(|place| place.roles.get(role.name.as_str()))
            }
            RoleKind::Unknown => None,
        };
        found.map(Vec::as_slice).ok_or_else(|| RoleNotFound {
            kind: role.kind,
            name: role.name.clone(),
        })
    }

    /// Everybody whom a binding allows what is asked.
    pub fn holders(&self, asked: &Request<'_>) -> Holders {
        let mut holders = Holders::default();
        for (namespace, place) in self.places(asked.namespace()) {
            for binding in place.grants.bindings() {
                let rules = self.rules_of_role(namespace, &binding.role).unwrap_or_default();
                if rules.iter().any(|rule| rule.allows(asked)) {
                    holders.add(namespace, &binding.subjects);
                }
            }
        }
        holders
    }

    /// Shows the rules of every grant of somebody, those of the cluster first. A role that does not exist gives nothing.
    fn visit<'a, B>(
        &'a self,
        who: Who<'_>,
        namespace: &str,
        mut visitor: impl FnMut(Grant<'a>, &'a [PolicyRule]) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        for (namespace, place) in self.places(namespace) {
            for (binding, Binding { role, subjects }) in place.grants.of(who) {
                let rules = self.rules_of_role(namespace, role).unwrap_or_default();
                let grant = Grant {
                    namespace,
                    binding,
                    role,
                    subjects,
                };
                visitor(grant, rules)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn places(&self, namespace: &str) -> impl Iterator<Item = (&str, &Place)> {
        let local = self.namespaces.get_key_value(namespace);
        let local = local.map(|(namespace, place)| (&**namespace, place));
        std::iter::once(("", &self.cluster)).chain(local)
    }

    fn place_mut(&mut self, namespace: &str) -> &mut Place {
        if namespace.is_empty() {
            return &mut self.cluster;
        }
        self.namespaces.entry(namespace.into()).or_default()
    }

    /// Namespaces come and go; what is left of them would never be asked for again.
    fn forget_if_empty(&mut self, namespace: &str) {
        let empty = |place: &Place| place.roles.is_empty() && place.grants.is_empty();
        if self.namespaces.get(namespace).is_some_and(empty) {
            self.namespaces.remove(namespace);
        }
    }
}

#[cfg(test)]
mod tests;
