use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use weir_apiserver::{ApiError, Column, FieldError, GroupResource, Object, RequestContext, Resource, Scope, Strategy};

use super::{API_VERSION, kind};
use crate::auth::is_virtual_group;
use crate::describe::{self, NAME, column};
use crate::htpasswd::check_user_name;
use crate::json;

pub(crate) const USERS: GroupResource = GroupResource {
    group: super::GROUP,
    resource: "users",
};

/// The name under which everybody finds himself.
const SELF: &str = "~";

const COLUMNS: &[Column] = &[
    NAME,
    column(
        "UID",
        "string",
        "What tells this user from another one of the same name.",
    ),
    column("Full Name", "string", "What people call the user."),
    column("Identities", "string", "How the user logs in."),
];

/// `users`: made at the first login. Deleting one ends all tokens of that user.
pub(super) fn resource() -> Resource {
    Resource {
        columns: COLUMNS,
        cells: |user, _now| {
            let identities: Vec<&str> = json::items(user, "/identities")
                .iter()
                .filter_map(Value::as_str)
                .collect();
            vec![
                describe::name(user),
                json::text(user, "/metadata/uid").into(),
                json::text(user, "/fullName").into(),
                identities.join(", ").into(),
            ]
        },
        ..describe::stored(kind("User"), "users", "user", Scope::Cluster, Arc::new(Users))
    }
}

struct Users;

#[async_trait]
impl Strategy for Users {
    fn validate(&self, user: &Object) -> Vec<FieldError> {
        let mut problems = Vec::new();
        for (index, identity) in json::items(user, "/identities").iter().enumerate() {
            let text = identity.as_str().unwrap_or_default();
            let in_two = |(provider, name): (&str, &str)| !provider.is_empty() && !name.is_empty();
            if !text.split_once(':').is_some_and(in_two) {
                let message = "must be of the form PROVIDER:USER";
                problems.push(FieldError::invalid(format!("identities[{index}]"), identity, message));
            }
        }
        if !user["fullName"].is_null() && !user["fullName"].is_string() {
            problems.push(FieldError::invalid("fullName", &user["fullName"], "must be a text"));
        }
        problems
    }

    fn is_decorated(&self) -> bool {
        false
    }

    fn is_alias(&self, name: &str) -> bool {
        name == SELF
    }

    /// The asker: as a stored user if he is one, with the groups he asks with.
    async fn get_alias(&self, cx: &RequestContext, _name: &str) -> Result<Object, ApiError> {
        let stored = match cx.objects.get(&USERS, "", &cx.user.username).await {
            Ok(user) => Some(user),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error),
        };
        // Somebody else may have had the name before.
        let same = |user: &Object| json::text(user, "/metadata/uid") == cx.user.uid;
        let mut user = stored.filter(same).unwrap_or_else(|| virtual_user(cx));
        let groups: Vec<&String> = cx.user.groups.iter().filter(|group| !is_virtual_group(group)).collect();
        user["groups"] = json!(groups);
        Ok(user)
    }

    fn validate_name(&self, name: &str) -> Result<(), String> {
        check_user_name(name)
    }
}

/// A user who is not kept: a service account, or the machine's administrator.
fn virtual_user(cx: &RequestContext) -> Object {
    let mut metadata = json!({"name": cx.user.username, "creationTimestamp": null});
    if !cx.user.uid.is_empty() {
        metadata["uid"] = cx.user.uid.clone().into();
    }
    json!({"kind": "User", "apiVersion": API_VERSION, "metadata": metadata, "identities": null})
}
