use std::collections::HashMap;
use std::sync::Arc;

use super::Binding;
use crate::{Subject, SubjectKind, Who, service_account_name};

/// Names of bindings, by a user or a group.
type NamesBySubject = HashMap<Box<str>, Vec<Arc<str>>>;

/// The bindings of one place, by the users and groups that they name.
#[derive(Default)]
pub(super) struct Grants {
    bindings: HashMap<Arc<str>, Binding>,
    by_user: NamesBySubject,
    by_group: NamesBySubject,
}

impl Grants {
    pub fn put(&mut self, namespace: &str, name: &str, binding: Binding) {
        self.remove(name);
        let name: Arc<str> = name.into();
        // A service account of a binding that names no namespace is one of the binding's own.
        let subjects = binding.subjects.iter().cloned().map(|mut subject| {
            if subject.kind == SubjectKind::ServiceAccount && subject.namespace.is_empty() {
                subject.namespace = namespace.to_owned();
            }
            subject
        });
        let binding = Binding {
            subjects: subjects.collect(),
            role: binding.role,
        };
        for subject in &binding.subjects {
            if let Some((names, key)) = self.names_of(subject) {
                let named = names.entry(key).or_default();
                if !named.contains(&name) {
                    named.push(name.clone());
                }
            }
        }
        self.bindings.insert(name, binding);
    }

    pub fn remove(&mut self, name: &str) {
        let Some(binding) = self.bindings.remove(name) else {
            return;
        };
        for subject in &binding.subjects {
            let Some((names, key)) = self.names_of(subject) else {
                continue;
            };
            if let Some(named) = names.get_mut(&key) {
                named.retain(|own| **own != *name);
                if named.is_empty() {
                    names.remove(&key);
                }
            }
        }
    }

    /// Names of the bindings that somebody is named in, with what they give.
    pub fn of<'a>(&'a self, who: Who<'_>) -> impl Iterator<Item = (&'a str, &'a Binding)> {
        let own = self.by_user.get(who.name);
        let groups = who.groups.iter().filter_map(|group| self.by_group.get(group.as_str()));
        let names = own.into_iter().chain(groups).flatten();
        names.filter_map(|name| {
            self.bindings
                .get_key_value(name)
                .map(|(name, binding)| (&**name, binding))
        })
    }

    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.values()
    }

    pub fn is_empty(&self) -> bool {
        self.bindings.is_empty()
    }

    /// Where a subject is looked up. Nobody is looked up as what is neither user, group nor service account.
    fn names_of(&mut self, subject: &Subject) -> Option<(&mut NamesBySubject, Box<str>)> {
        match subject.kind {
            SubjectKind::User => Some((&mut self.by_user, subject.name.as_str().into())),
            SubjectKind::Group => Some((&mut self.by_group, subject.name.as_str().into())),
            SubjectKind::ServiceAccount => {
                let name = service_account_name(&subject.namespace, &subject.name);
                Some((&mut self.by_user, name.into()))
            }
            SubjectKind::Unknown => None,
        }
    }
}
