use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use kube::api::DynamicObject;

/// Whether the token's time is over. One that does not say when it ends has none.
pub fn is_expired(token: &DynamicObject, now: Timestamp) -> bool {
    let seconds = token.data["expiresIn"].as_i64().filter(|seconds| *seconds > 0);
    let created = token.creation_timestamp().map(|time| time.0);
    let (Some(seconds), Some(created)) = (seconds, created) else {
        return false;
    };
    let end = created.checked_add(SignedDuration::from_secs(seconds));
    end.is_ok_and(|end| end <= now)
}
