use serde_json::Value;
use weir_apiserver::{Column, Object};

use crate::describe::{self, AGE, NAME, column, wide};
use crate::json;

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column("Role", "string", "The role that is given."),
    AGE,
    wide("Users", "string", "The users it is given to."),
    wide("Groups", "string", "The groups it is given to."),
    wide("ServiceAccounts", "string", "The service accounts it is given to."),
];

pub(super) fn cells(binding: &Object, now: jiff::Timestamp) -> Vec<Value> {
    let role = format!(
        "{}/{}",
        json::text(binding, "/roleRef/kind"),
        json::text(binding, "/roleRef/name")
    );
    vec![
        describe::name(binding),
        role.into(),
        describe::age(binding, now),
        subjects(binding, "User").into(),
        subjects(binding, "Group").into(),
        subjects(binding, "ServiceAccount").into(),
    ]
}

fn subjects(binding: &Object, kind: &str) -> String {
    let of_kind = json::items(binding, "/subjects")
        .iter()
        .filter(|subject| json::text(subject, "/kind") == kind);
    let names = of_kind.map(|subject| match json::text(subject, "/namespace") {
        "" => json::text(subject, "/name").to_owned(),
        namespace => format!("{namespace}/{}", json::text(subject, "/name")),
    });
    Vec::from_iter(names).join(", ")
}
