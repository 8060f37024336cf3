//! Secrets, and who may call.

use serde_json::{Value, json};

use super::{BUILDS, JSON, SECRET, builds, call, call_as, message, with_all_triggers, with_triggers};
use crate::scenarios::build_configs::CONFIG;

/// builds 52
#[tokio::test]
async fn a_wrong_secret_and_a_config_that_is_not_there_are_answered_alike() {
    let machine = with_triggers(json!([
        {"type": "Generic", "generic": {"secret": SECRET}},
        {"type": "Generic", "generic": {"secretReference": {"name": "not-there"}}},
    ]))
    .await;
    for (hook, kind, name) in [
        ("web/webhooks/wrong/generic", "generic", "web"),
        ("web/webhooks/S3CRET/generic", "generic", "web"),
        ("web/webhooks//generic", "generic", "web"),
        ("web/webhooks/s3cret/github", "github", "web"),
        ("other/webhooks/s3cret/generic", "generic", "other"),
    ] {
        let (code, documents) = call(&machine, hook, &[JSON], json!({})).await;
        let wanted = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "Unauthorized",
            "message": format!("the webhook \"{kind}\" for \"{name}\" did not accept your secret"), "code": 401,
        });
        assert_eq!((code, documents), (401, vec![wanted]), "{hook}");
    }
    assert_eq!(builds(&machine).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_takes_the_same_time_whatever_was_wrong() {
    let machine = with_triggers(json!([
        {"type": "Generic", "generic": {"secret": SECRET}},
        {"type": "Generic", "generic": {"secretReference": {"name": "hook"}}},
    ]))
    .await;
    let secret = json!({"metadata": {"name": "hook"}, "stringData": {"WebHookSecretKey": "another"}});
    machine.created("/api/v1/namespaces/ns/secrets", secret).await;
    for hook in [
        "web/webhooks/x/generic",
        "web/webhooks/s3creT/generic",
        "web/webhooks/anotheR/generic",
        "web/webhooks/s3cret/github",
        "other/webhooks/s3cret/generic",
    ] {
        let began = tokio::time::Instant::now();
        assert_eq!(call(&machine, hook, &[JSON], json!({})).await.0, 401);
        assert_eq!(began.elapsed().as_millis(), 50, "{hook}");
    }
    let began = tokio::time::Instant::now();
    assert_eq!(
        call(&machine, "web/webhooks/another/generic", &[JSON], json!({}))
            .await
            .0,
        200
    );
    assert_eq!(began.elapsed().as_millis(), 0, "who knows the secret does not wait");
}

#[tokio::test]
async fn a_namespace_that_is_not_there_is_answered_like_a_config_that_is_not_there() {
    let machine = with_all_triggers().await;
    let path = "/apis/build.openshift.io/v1/namespaces/nowhere/buildconfigs/web/webhooks/s3cret/generic";
    let (code, answer) = machine.post(path, json!({})).await;
    assert_eq!(
        (code, answer["message"].as_str()),
        (
            401,
            Some("the webhook \"generic\" for \"web\" did not accept your secret")
        )
    );
}

/// builds 53
#[tokio::test]
async fn a_hook_of_an_unknown_type_is_not_there() {
    let machine = with_all_triggers().await;
    let (code, documents) = call(&machine, "web/webhooks/s3cret/sourceforge", &[JSON], json!({})).await;
    assert_eq!((code, documents[0]["reason"].as_str()), (404, Some("NotFound")));
    assert_eq!(
        message(&documents),
        "buildconfighook.build.openshift.io \"sourceforge\" not found"
    );
    for path in [
        "web/webhooks",
        "web/webhooks/s3cret",
        "web/webhooks/s3cret/generic/more",
    ] {
        let (code, documents) = call(&machine, path, &[JSON], json!({})).await;
        assert_eq!(code, 400, "{path}");
        assert!(message(&documents).starts_with("unexpected hook subpath"), "{path}");
        assert!(!message(&documents).contains(SECRET), "{path}");
    }
    assert_eq!(machine.get(&format!("{CONFIG}/webhooks/s3cret/generic")).await.0, 405);
}

/// builds 54
#[tokio::test]
async fn the_secret_may_be_in_a_secret() {
    let machine = with_triggers(json!([
        {"type": "Generic", "generic": {"secretReference": {"name": "old"}}},
        {"type": "Generic", "generic": {"secretReference": {"name": "hook"}}},
    ]))
    .await;
    let secret = |name: &str, key: &str| json!({"metadata": {"name": name}, "stringData": {key: "a b/c"}});
    let secrets = "/api/v1/namespaces/ns/secrets";
    machine.created(secrets, secret("old", "WebHookSecret")).await;
    let hook = "web/webhooks/a%20b%2Fc/generic";
    assert_eq!(call(&machine, hook, &[JSON], json!({})).await.0, 401);
    machine.created(secrets, secret("hook", "WebHookSecretKey")).await;
    let (code, documents) = call(&machine, hook, &[JSON], json!({})).await;
    assert_eq!((code, documents[0]["kind"].as_str()), (200, Some("Build")));
    // Two secrets are good while one takes the place of the other.
    machine.delete(&format!("{secrets}/old")).await;
    machine.created(secrets, secret("old", "WebHookSecretKey")).await;
    assert_eq!(call(&machine, hook, &[JSON], json!({})).await.0, 200);
    machine.delete(&format!("{secrets}/hook")).await;
    assert_eq!(call(&machine, hook, &[JSON], json!({})).await.0, 200);
    machine.delete(&format!("{secrets}/old")).await;
    assert_eq!(call(&machine, hook, &[JSON], json!({})).await.0, 401);
}

#[tokio::test]
async fn an_empty_secret_opens_nothing() {
    let machine = with_triggers(json!([{"type": "Generic", "generic": {"secretReference": {"name": "hook"}}}])).await;
    let secret = json!({"metadata": {"name": "hook"}, "data": {"WebHookSecretKey": ""}});
    machine.created("/api/v1/namespaces/ns/secrets", secret).await;
    assert_eq!(call(&machine, "web/webhooks//generic", &[JSON], json!({})).await.0, 401);
}

/// builds 63
#[tokio::test]
async fn no_build_and_no_answer_shows_the_secret() {
    let machine = with_triggers(json!([{"type": "GitHub", "github": {"secret": "canary-of-a-hook"}}])).await;
    let headers = [JSON, ("x-github-event", "push")];
    let push = json!({"ref": "refs/heads/master", "head_commit": {"id": "abc"}});
    let (code, documents) = call(&machine, "web/webhooks/canary-of-a-hook/github", &headers, push).await;
    assert_eq!(
        (code, &documents[0]["spec"]["triggeredBy"][0]["githubWebHook"]["secret"]),
        (200, &json!("<secret>"))
    );
    let (_, refused) = call(&machine, "web/webhooks/canary-of-a-hook/gitlab", &headers, json!({})).await;
    let stored = machine.found(BUILDS).await;
    let events = machine.found("/api/v1/namespaces/ns/events").await;
    let metrics = machine.text("/metrics").await.1;
    for shown in [json!(documents), json!(refused), stored, events, json!(metrics)] {
        assert!(!shown.to_string().contains("canary"), "{shown}");
    }
}

/// builds 64
#[tokio::test]
async fn who_is_not_known_calls_only_where_a_role_says_so() {
    let machine = with_all_triggers().await;
    let hook = "web/webhooks/s3cret/generic";
    let anonymous = async || call_as(None, &machine, hook, &[JSON], "{}").await;
    let (code, documents) = anonymous().await;
    assert_eq!(code, 403);
    assert!(
        message(&documents).contains(
            "User \"system:anonymous\" cannot create resource \"buildconfigs/webhooks\" in API group \"build.openshift.io\""
        ),
        "{documents:?}"
    );
    let (code, _) = call_as(None, &machine, "not-there/webhooks/s3cret/generic", &[JSON], "{}").await;
    assert_eq!(code, 403);
    let binding = json!({
        "metadata": {"name": "webhooks"},
        "roleRef": {"kind": "ClusterRole", "name": "system:webhook"},
        "subjects": [{"kind": "Group", "name": "system:unauthenticated"}],
    });
    machine
        .created("/apis/rbac.authorization.k8s.io/v1/namespaces/ns/rolebindings", binding)
        .await;
    let (code, documents) = anonymous().await;
    assert_eq!((code, &documents[0]["metadata"]["name"]), (200, &json!("web-1")));
}

#[tokio::test]
async fn who_is_known_calls_without_any_right_to_builds() {
    let machine = with_all_triggers().await;
    let path = format!("{CONFIG}/webhooks/s3cret/generic");
    let call = machine.call_in_group("joe", "system:authenticated", "POST", &path, json!({}));
    assert_eq!(call.await.0, 200);
    let (code, _) = machine
        .call_in_group("joe", "system:authenticated", "GET", BUILDS, Value::Null)
        .await;
    assert_eq!(code, 403);
}
