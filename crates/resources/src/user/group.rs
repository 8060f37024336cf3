use std::sync::Arc;

use serde_json::Value;
use weir_apiserver::{Column, FieldError, GroupResource, Object, Resource, Scope, Strategy};

use super::{kind, user_name};
use crate::describe::{self, NAME, column};
use crate::json;

pub(crate) const GROUPS: GroupResource = GroupResource {
    group: super::GROUP,
    resource: "groups",
};

const COLUMNS: &[Column] = &[NAME, column("Users", "string", "Who is in the group.")];

/// `groups`: names of users under one name that rights can be given to.
pub(super) fn resource() -> Resource {
    Resource {
        columns: COLUMNS,
        cells: |group, _now| {
            let users: Vec<&str> = json::items(group, "/users").iter().filter_map(Value::as_str).collect();
            vec![describe::name(group), users.join(", ").into()]
        },
        ..describe::stored(kind("Group"), "groups", "group", Scope::Cluster, Arc::new(Groups))
    }
}

struct Groups;

impl Strategy for Groups {
    fn validate(&self, group: &Object) -> Vec<FieldError> {
        let users = &group["users"];
        if !users.is_null() && !users.is_array() {
            return vec![FieldError::invalid("users", users, "must be a list of names")];
        }
        let named = json::items(group, "/users").iter().enumerate();
        named
            .filter_map(|(index, user)| user_name(format!("users[{index}]"), user.as_str().unwrap_or_default()))
            .collect()
    }

    fn is_decorated(&self) -> bool {
        false
    }

    /// Names that begin with `system:` belong to the server: an object of that name would give its members rights that
    /// nobody means to give.
    fn validate_name(&self, name: &str) -> Result<(), String> {
        match name {
            "~" => Err("\"~\" cannot be the name of a group".to_owned()),
            name if name.starts_with("system:") => Err("names that begin with \"system:\" are the server's".to_owned()),
            name => weir_apiserver::names::validate_path_segment(name),
        }
    }
}
