use std::sync::Arc;

use jiff::Timestamp;
use weir_apiserver::{FieldError, GroupResource, Object, Resource, Scope, Strategy};

use super::{kind, secret, token_table};
use crate::{describe, json};

pub(crate) const ACCESS_TOKENS: GroupResource = GroupResource {
    group: super::GROUP,
    resource: "oauthaccesstokens",
};

/// The scope of the whole account.
pub(super) const FULL: &str = "user:full";

/// `oauthaccesstokens`: what users log in with, under the hash of each. Deleting one ends it at once.
pub(super) fn resource() -> Resource {
    Resource {
        columns: token_table::COLUMNS,
        cells: token_table::cells,
        fields,
        ..describe::stored(
            kind("OAuthAccessToken"),
            "oauthaccesstokens",
            "oauthaccesstoken",
            Scope::Cluster,
            Arc::new(AccessTokens),
        )
    }
}

pub(super) fn fields(token: &Object) -> Vec<(&'static str, String)> {
    let text = |path| json::text(token, path).to_owned();
    vec![
        ("clientName", text("/clientName")),
        ("userName", text("/userName")),
        ("userUID", text("/userUID")),
    ]
}

/// A token without an end of its own does not expire; one whose times cannot be read has.
pub(crate) fn is_expired(token: &Object, now: Timestamp) -> bool {
    match json::number(token, "/expiresIn") {
        Some(0) | None if json::is_unset(token, "/expiresIn") || token["expiresIn"] == 0 => false,
        _ => token_table::end(token).is_none_or(|end| end <= now),
    }
}

struct AccessTokens;

impl Strategy for AccessTokens {
    fn validate(&self, token: &Object) -> Vec<FieldError> {
        let mut problems = required_texts(token);
        let seconds = &token["expiresIn"];
        if !seconds.is_null() && seconds.as_i64().is_none_or(|seconds| seconds < 0) {
            problems.push(FieldError::invalid("expiresIn", seconds, "must be a number of seconds"));
        }
        problems
    }

    /// A token cannot be made another user's.
    fn validate_update(&self, token: &Object, old: &Object) -> Vec<FieldError> {
        unchanged(
            token,
            old,
            &["clientName", "userName", "userUID", "scopes", "expiresIn"],
        )
    }

    fn is_decorated(&self) -> bool {
        false
    }

    fn validate_name(&self, name: &str) -> Result<(), String> {
        secret::validate_token_name(name)
    }
}

pub(super) fn required_texts(token: &Object) -> Vec<FieldError> {
    let mut problems: Vec<FieldError> = ["clientName", "userName", "userUID"]
        .into_iter()
        .filter(|field| token[*field].as_str().is_none_or(str::is_empty))
        .map(|field| FieldError::required(field, ""))
        .collect();
    if !is_full(token) {
        problems.push(FieldError::not_supported("scopes", &token["scopes"], &[FULL]));
    }
    problems
}

/// Whether a token is for the whole account. There are no others: one whose limits are not understood is good for
/// nothing.
pub(crate) fn is_full(token: &Object) -> bool {
    let scopes = json::items(token, "/scopes");
    !scopes.is_empty() && scopes.iter().all(|scope| scope == FULL)
}

pub(super) fn unchanged(token: &Object, old: &Object, fields: &[&str]) -> Vec<FieldError> {
    fields
        .iter()
        .filter(|field| token[**field] != old[**field])
        .map(|field| FieldError::invalid(*field, &token[*field], "field is immutable"))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn tokens_end_when_they_say_and_damaged_ones_are_over() {
        let now: Timestamp = "2026-05-01T12:00:00Z".parse().unwrap();
        let token =
            |seconds: Value, created: &str| json!({"metadata": {"creationTimestamp": created}, "expiresIn": seconds});
        let hour_ago = "2026-05-01T11:00:00Z";
        let table = [
            (json!(3601), hour_ago, false),
            (json!(3600), hour_ago, true),
            (json!(0), hour_ago, false),
            (json!(null), hour_ago, false),
            (json!("3601"), hour_ago, true),
            (json!(-1), hour_ago, true),
            (json!(3601), "", true),
            (json!(i64::MAX), hour_ago, true),
        ];
        for (seconds, created, expired) in table {
            assert_eq!(
                is_expired(&token(seconds.clone(), created), now),
                expired,
                "{seconds} {created}"
            );
        }
    }
}
