use std::collections::{BTreeSet, HashMap};

use serde_json::Value;
use weir_apiserver::Followed;

use crate::json;

/// Who is in which group, by user: it is asked with every request.
#[derive(Debug, Default)]
pub(crate) struct Membership {
    users: HashMap<String, BTreeSet<String>>,
    /// By group, to forget them when it changes.
    members: HashMap<String, Vec<String>>,
}

impl Membership {
    pub fn reset(&mut self, groups: &[Followed<'_>]) {
        *self = Self::default();
        for group in groups {
            self.changed(*group);
        }
    }

    /// What cannot be read has no members.
    pub fn changed(&mut self, group: Followed<'_>) {
        for former in self.members.remove(group.name).unwrap_or_default() {
            if let Some(groups) = self.users.get_mut(&former) {
                groups.remove(group.name);
                if groups.is_empty() {
                    self.users.remove(&former);
                }
            }
        }
        let object: Value = match group.value.map(serde_json::from_slice) {
            None => return,
            Some(Ok(object)) => object,
            Some(Err(error)) => {
                tracing::error!(group = group.name, %error, "it has no members, as it cannot be read");
                return;
            }
        };
        let members = json::items(&object, "/users").iter().filter_map(Value::as_str);
        let members: Vec<String> = members.map(str::to_owned).collect();
        for member in &members {
            let groups = self.users.entry(member.clone()).or_default();
            groups.insert(group.name.to_owned());
        }
        if !members.is_empty() {
            self.members.insert(group.name.to_owned(), members);
        }
    }

    pub fn of(&self, user: &str) -> Vec<String> {
        self.users.get(user).into_iter().flatten().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group<'a>(name: &'a str, value: Option<&'a str>) -> Followed<'a> {
        Followed {
            namespace: "",
            name,
            value: value.map(str::as_bytes),
        }
    }

    #[test]
    fn membership_is_what_the_groups_say_last() {
        let mut membership = Membership::default();
        membership.reset(&[
            group("dev", Some(r#"{"users": ["jane", "joe", "joe"]}"#)),
            group("ops", Some(r#"{"users": ["jane"]}"#)),
        ]);
        assert_eq!(membership.of("jane"), ["dev", "ops"]);
        membership.changed(group("dev", Some(r#"{"users": ["joe"]}"#)));
        assert_eq!(
            (membership.of("jane"), membership.of("joe")),
            (vec!["ops".into()], vec!["dev".into()])
        );
        membership.changed(group("dev", None));
        membership.changed(group("ops", Some("{")));
        assert!(membership.users.is_empty() && membership.members.is_empty());
        membership.changed(group("ops", Some(r#"{"users": null}"#)));
        membership.reset(&[]);
        assert!(membership.of("jane").is_empty());
    }
}
