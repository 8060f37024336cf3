use jiff::Timestamp;
use serde_json::Value;
use weir_apiserver::ApiError;

use super::ObjectLookup;
use crate::json;
use crate::oauth::{ACCESS_TOKENS, is_expired, is_full, token_name};
use crate::user::USERS;

/// Longer texts are no tokens of ours, and not worth a hash.
const MAX_TOKEN_BYTES: usize = 256;

/// Who a token was given to.
pub(super) struct Owner {
    pub user: String,
    pub uid: String,
    pub scopes: Vec<String>,
}

/// The name of the object that a bearer is kept as, when it looks like a user's token.
pub(super) fn name(bearer: &str) -> Option<String> {
    (bearer.len() <= MAX_TOKEN_BYTES).then(|| token_name(bearer)).flatten()
}

/// Whose token it is, while it lasts, its user exists and is the one it was given to.
pub(super) async fn owner(name: &str, now: Timestamp, objects: &dyn ObjectLookup) -> Result<Option<Owner>, ApiError> {
    let Some(token) = objects.object(&ACCESS_TOKENS, "", name).await? else {
        return Ok(None);
    };
    let is_ending = !json::is_unset(&token, "/metadata/deletionTimestamp");
    if is_ending || is_expired(&token, now) || !is_full(&token) {
        return Ok(None);
    }
    let (user, uid) = (json::text(&token, "/userName"), json::text(&token, "/userUID"));
    let Some(known) = objects.object(&USERS, "", user).await? else {
        return Ok(None);
    };
    if uid.is_empty() || json::text(&known, "/metadata/uid") != uid {
        return Ok(None);
    }
    let scopes = json::items(&token, "/scopes").iter().filter_map(Value::as_str);
    Ok(Some(Owner {
        user: user.to_owned(),
        uid: uid.to_owned(),
        scopes: scopes.map(str::to_owned).collect(),
    }))
}
