use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::plan::is_expired;

#[test]
fn tokens_go_when_their_time_is_over() {
    let token = |seconds: Value, created: Value| -> DynamicObject {
        serde_json::from_value(json!({
            "kind": "OAuthAccessToken", "apiVersion": "oauth.openshift.io/v1",
            "metadata": {"name": "t", "creationTimestamp": created}, "expiresIn": seconds,
        }))
        .unwrap()
    };
    let now = "2026-01-02T03:00:00Z".parse().unwrap();
    let hour_ago = json!("2026-01-02T02:00:00Z");
    for (seconds, created, expired) in [
        (json!(3600), hour_ago.clone(), true),
        (json!(3601), hour_ago.clone(), false),
        (json!(0), hour_ago.clone(), false),
        (Value::Null, hour_ago, false),
        (json!(1), Value::Null, false),
    ] {
        assert_eq!(is_expired(&token(seconds.clone(), created), now), expired, "{seconds}");
    }
}
