use std::sync::Arc;

use async_trait::async_trait;
use weir_apiserver::{
    ApiError, Column, FieldError, GroupResource, Object, RequestContext, Resource, Schema, Scope, Strategy, schema,
};

use super::{kind, user_name};
use crate::describe::{self, NAME, column};
use crate::json;

pub(crate) const IDENTITIES: GroupResource = GroupResource {
    group: super::GROUP,
    resource: "identities",
};

const COLUMNS: &[Column] = &[
    NAME,
    column("IDP Name", "string", "Who knows the user."),
    column("IDP User Name", "string", "As whom the provider knows the user."),
    column("User Name", "string", "The user this identity belongs to."),
    column(
        "User UID",
        "string",
        "What tells that user from another one of the same name.",
    ),
];

static SCHEMA: Schema = Schema::object(&[("metadata", &schema::OBJECT_META), ("user", &Schema::ATOMIC.embedded())]);

/// `identities`: `PROVIDER:NAME`, and the user it belongs to.
pub(super) fn resource() -> Resource {
    let fields = |identity: &Object| {
        let text = |path| json::text(identity, path).to_owned();
        vec![
            ("providerName", text("/providerName")),
            ("providerUserName", text("/providerUserName")),
            ("user.name", text("/user/name")),
            ("user.uid", text("/user/uid")),
        ]
    };
    Resource {
        columns: COLUMNS,
        cells: |identity, _now| {
            [
                "/metadata/name",
                "/providerName",
                "/providerUserName",
                "/user/name",
                "/user/uid",
            ]
            .map(|path| json::text(identity, path).into())
            .to_vec()
        },
        fields,
        schema: &SCHEMA,
        ..describe::stored(
            kind("Identity"),
            "identities",
            "identity",
            Scope::Cluster,
            Arc::new(Identities),
        )
    }
}

struct Identities;

#[async_trait]
impl Strategy for Identities {
    /// The name follows from what it consists of.
    async fn prepare_for_create(&self, _cx: &RequestContext, identity: &mut Object) -> Result<(), ApiError> {
        let (provider, user) = (
            json::text(identity, "/providerName"),
            json::text(identity, "/providerUserName"),
        );
        let name = format!("{provider}:{user}");
        json::set_default_text(identity, "/metadata", "name", &name);
        Ok(())
    }

    fn validate(&self, identity: &Object) -> Vec<FieldError> {
        let mut problems = Vec::new();
        let (provider, user) = (
            json::text(identity, "/providerName"),
            json::text(identity, "/providerUserName"),
        );
        if provider.is_empty() {
            problems.push(FieldError::required("providerName", ""));
        } else if provider.contains([':', '/']) {
            problems.push(FieldError::invalid(
                "providerName",
                provider,
                "must not contain ':' or '/'",
            ));
        }
        if user.is_empty() {
            problems.push(FieldError::required("providerUserName", ""));
        }
        let name = json::text(identity, "/metadata/name");
        if problems.is_empty() && name != format!("{provider}:{user}") {
            let message = "must be providerName and providerUserName with a colon between them";
            problems.push(FieldError::invalid("metadata.name", name, message));
        }
        match (json::text(identity, "/user/name"), json::text(identity, "/user/uid")) {
            ("", "") => {}
            ("", _) => problems.push(FieldError::required("user.name", "")),
            (name, "") => {
                problems.extend(user_name("user.name", name));
                problems.push(FieldError::required("user.uid", ""));
            }
            (name, _) => problems.extend(user_name("user.name", name)),
        }
        problems
    }

    fn validate_update(&self, identity: &Object, old: &Object) -> Vec<FieldError> {
        let mut problems = self.validate(identity);
        for field in ["providerName", "providerUserName"] {
            if identity[field] != old[field] {
                problems.push(FieldError::invalid(field, &identity[field], "field is immutable"));
            }
        }
        problems
    }

    fn is_decorated(&self) -> bool {
        false
    }

    fn validate_name(&self, name: &str) -> Result<(), String> {
        match name.split_once(':') {
            Some((provider, user)) if !provider.is_empty() && !user.is_empty() && !name.contains(['/', '%']) => Ok(()),
            _ => Err("must be of the form PROVIDER:USER".to_owned()),
        }
    }
}
