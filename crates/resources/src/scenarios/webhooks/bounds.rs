//! What a call may cost.

use axum::body::Body;
use http::Request;
use serde_json::json;

use super::{JSON, builds, call, call_as, with_all_triggers};
use crate::scenarios::build_configs::CONFIGS;
use crate::scenarios::machine::ADMIN_TOKEN;

#[tokio::test]
async fn a_flood_of_calls_starts_a_bounded_number_of_builds() {
    let machine = with_all_triggers().await;
    let hook = "web/webhooks/s3cret/generic";
    let mut codes = Vec::new();
    for _ in 0..40 {
        codes.push(call(&machine, hook, &[JSON], json!({})).await.0);
    }
    assert_eq!(codes.iter().filter(|code| **code == 200).count(), 30);
    assert_eq!(codes.iter().filter(|code| **code == 429).count(), 10);
    assert_eq!(builds(&machine).await, 30);
    machine.pass(2);
    assert_eq!(call(&machine, hook, &[JSON], json!({})).await.0, 200);
    let (code, documents) = call(&machine, hook, &[JSON], json!({})).await;
    assert_eq!((code, &documents[0]["details"]["retryAfterSeconds"]), (429, &json!(2)));
}

#[tokio::test]
async fn hostile_payloads_are_refused_before_they_cost_much() {
    let machine = with_all_triggers().await;
    let deep = "[".repeat(100_000);
    let bomb = "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\ngit: {refs: *c, ref: [*c,*c]}\n";
    let large = format!("{{\"ref\": \"{}\"}}", "x".repeat(4 << 20));
    let push = [JSON, ("x-github-event", "push")];
    let hub = "web/webhooks/s3cret/github";
    let generic = "web/webhooks/s3cret/generic";
    let yaml = [("content-type", "application/yaml")];
    let admin = Some(ADMIN_TOKEN);
    for body in [
        deep.as_str(),
        "null",
        "[]",
        "{\"ref\": {}}",
        "{\"head_commit\": 3}",
        "{",
        "",
    ] {
        let (code, _) = call_as(admin, &machine, hub, &push, body).await;
        assert_eq!(code, 400, "{} bytes", body.len());
    }
    assert_eq!(call_as(admin, &machine, hub, &push, &large).await.0, 413);
    assert_eq!(call_as(admin, &machine, generic, &[JSON], &large).await.0, 413);
    assert_eq!(builds(&machine).await, 0);
    // The generic hook ignores what it cannot read, tells it, and builds.
    for (headers, body) in [(&[JSON], deep.as_str()), (&yaml, bomb), (&yaml, "a: [")] {
        let (code, documents) = call_as(admin, &machine, generic, headers, body).await;
        assert_eq!((code, documents.len()), (200, 2));
        let told = documents[1]["message"].as_str().unwrap();
        assert!(told.starts_with("error unmarshalling payload: "), "{told}");
    }
}

#[tokio::test]
async fn a_body_is_not_read_before_the_secret_was_right() {
    let machine = with_all_triggers().await;
    let endless = Body::from_stream(futures::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
    let request = Request::post(format!("{CONFIGS}/web/webhooks/wrong/generic"))
        .header("authorization", format!("Bearer {ADMIN_TOKEN}"))
        .body(endless);
    assert_eq!(machine.send(request.unwrap()).await.status(), 401);
}
