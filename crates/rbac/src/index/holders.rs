use std::collections::BTreeSet;

use crate::{Subject, SubjectKind, service_account_name};

/// Users and groups, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holders {
    pub users: BTreeSet<String>,
    pub groups: BTreeSet<String>,
}

impl Holders {
    pub(super) fn add(&mut self, namespace: &str, subjects: &[Subject]) {
        for subject in subjects {
            match subject.kind {
                SubjectKind::User => self.users.insert(subject.name.clone()),
                SubjectKind::Group => self.groups.insert(subject.name.clone()),
                SubjectKind::ServiceAccount => {
                    let namespace = match subject.namespace.as_str() {
                        "" => namespace,
                        own => own,
                    };
                    self.users.insert(service_account_name(namespace, &subject.name))
                }
                SubjectKind::Unknown => false,
            };
        }
    }
}
