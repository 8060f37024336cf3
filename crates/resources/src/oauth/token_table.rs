use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use weir_apiserver::{Column, Object};

use crate::describe::{self, NAME, column};
use crate::{ages, json};

const CLIENT: Column = column("Client Name", "string", "The program that the token was given to.");
const CREATED: Column = column("Created", "string", "Time since the token was given.");
const EXPIRES: Column = column("Expires", "string", "When the token ends.");
const REDIRECT: Column = column("Redirect URI", "string", "Where the token was sent.");
const SCOPES: Column = column("Scopes", "string", "What the token is good for.");

/// Of all tokens.
pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column("User Name", "string", "Whose token it is."),
    CLIENT,
    CREATED,
    EXPIRES,
    REDIRECT,
    SCOPES,
];

/// Of one's own.
pub(super) const OWN_COLUMNS: &[Column] = &[NAME, CLIENT, CREATED, EXPIRES, REDIRECT, SCOPES];

pub(super) fn cells(token: &Object, now: Timestamp) -> Vec<Value> {
    let mut cells = own_cells(token, now);
    cells.insert(1, json::text(token, "/userName").into());
    cells
}

pub(super) fn own_cells(token: &Object, now: Timestamp) -> Vec<Value> {
    let created = json::text(token, "/metadata/creationTimestamp");
    let scopes: Vec<&str> = json::items(token, "/scopes").iter().filter_map(Value::as_str).collect();
    vec![
        describe::name(token),
        json::text(token, "/clientName").into(),
        format!("{} ago", ages::since(created, now)).into(),
        end(token).map_or("never".into(), |end| end.to_string().into()),
        json::text(token, "/redirectURI").into(),
        scopes.join(",").into(),
    ]
}

/// When a token ends; `None` for one that does not.
pub(super) fn end(token: &Object) -> Option<Timestamp> {
    let created: Timestamp = json::text(token, "/metadata/creationTimestamp").parse().ok()?;
    let seconds = json::number(token, "/expiresIn").filter(|seconds| *seconds > 0)?;
    created.checked_add(SignedDuration::from_secs(seconds)).ok()
}
