//! Builds that others start by calling an address.

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::build_configs::{CONFIG, CONFIGS, config};
use super::machine::{ADMIN_TOKEN, Machine};

const BUILDS: &str = "/apis/build.openshift.io/v1/namespaces/ns/builds";
const JSON: (&str, &str) = ("content-type", "application/json");
const SECRET: &str = "s3cret";

/// The answer to a call: its code, and the documents of its body.
type Answered = (u16, Vec<Value>);

/// A call of somebody with the administrator's token, or of nobody.
async fn call_as(token: Option<&str>, machine: &Machine, hook: &str, headers: &[(&str, &str)], body: &str) -> Answered {
    let mut request = Request::post(format!("{CONFIGS}/{hook}"));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = machine.send(request.body(Body::from(body.to_owned())).unwrap()).await;
    let code = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let documents = serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>();
    (code, documents.map(Result::unwrap).collect())
}

async fn call(machine: &Machine, hook: &str, headers: &[(&str, &str)], body: Value) -> Answered {
    call_as(Some(ADMIN_TOKEN), machine, hook, headers, &body.to_string()).await
}

/// A machine with a builder image and a config with these triggers.
async fn with_triggers(triggers: Value) -> Machine {
    let machine = Machine::with_namespace().await;
    machine.push("nodejs", '1').await;
    let mut config = config();
    config["spec"]["triggers"] = triggers;
    machine.created(CONFIGS, config).await;
    machine
}

async fn with_all_triggers() -> Machine {
    with_triggers(json!([
        {"type": "Generic", "generic": {"secret": SECRET}},
        {"type": "GitHub", "github": {"secret": SECRET}},
        {"type": "GitLab", "gitlab": {"secret": SECRET}},
        {"type": "Bitbucket", "bitbucket": {"secret": SECRET}},
    ]))
    .await
}

async fn builds(machine: &Machine) -> usize {
    machine.found(BUILDS).await["items"].as_array().unwrap().len()
}

fn message(documents: &[Value]) -> &str {
    documents[0]["message"].as_str().unwrap_or_default()
}

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

/// builds 55
#[tokio::test]
async fn a_generic_call_without_a_payload_builds() {
    let machine = with_all_triggers().await;
    for (number, headers) in [&[JSON][..], &[]].into_iter().enumerate() {
        let hook = "web/webhooks/s3cret/generic";
        let (code, documents) = call_as(Some(ADMIN_TOKEN), &machine, hook, headers, "").await;
        assert_eq!((code, documents.len()), (200, 1));
        let build = &documents[0];
        assert_eq!(
            (build["kind"].as_str(), build["apiVersion"].as_str()),
            (Some("Build"), Some("build.openshift.io/v1"))
        );
        assert_eq!(build["metadata"]["name"], format!("web-{}", number + 1));
        assert_eq!(
            build["spec"]["triggeredBy"],
            json!([{"message": "Generic WebHook", "genericWebHook": {"secret": "<secret>"}}])
        );
        assert_eq!(build["spec"].get("revision"), None);
        let stored = machine.found(&format!("{BUILDS}/web-{}", number + 1)).await;
        assert_eq!(&stored, build);
    }
    assert_eq!(machine.found(CONFIG).await["status"]["lastVersion"], 2);
}

/// builds 56
#[tokio::test]
async fn a_payload_of_another_type_is_ignored_and_told() {
    let machine = with_all_triggers().await;
    let text = [("content-type", "text/plain")];
    let (code, documents) = call(&machine, "web/webhooks/s3cret/generic", &text, json!({"env": 1})).await;
    assert_eq!((code, documents.len()), (200, 2));
    assert_eq!(documents[0]["kind"], "Build");
    assert_eq!(
        documents[1],
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 200,
            "message": "invalid Content-Type on payload, ignoring payload and continuing with build",
        })
    );
    let (code, _) = call(
        &machine,
        "web/webhooks/s3cret/generic",
        &[("content-type", "?")],
        json!({}),
    )
    .await;
    assert_eq!((code, builds(&machine).await), (400, 1));
}

/// builds 57
#[tokio::test]
async fn a_generic_call_about_another_branch_builds_nothing() {
    let machine = with_all_triggers().await;
    let hook = "web/webhooks/s3cret/generic";
    let other = json!({"git": {"uri": "https://git.example/web.git", "ref": "refs/heads/other", "commit": "abc"}});
    let (code, documents) = call(&machine, hook, &[JSON], other).await;
    assert_eq!((code, documents.len()), (200, 1));
    assert_eq!(
        (&documents[0]["kind"], &documents[0]["status"]),
        (&json!("Status"), &json!("Success"))
    );
    assert_eq!(
        message(&documents),
        "skipping build. Branch reference from \"refs/heads/other\" does not match configuration"
    );
    let others = json!({"git": {"refs": [{"ref": "refs/heads/a"}, {"ref": "refs/heads/b"}]}});
    let (_, documents) = call(&machine, hook, &[JSON], others).await;
    assert_eq!(
        message(&documents),
        "skipping build. None of the supplied refs matched \"\""
    );
    assert_eq!(
        (
            builds(&machine).await,
            machine.found(CONFIG).await["status"]["lastVersion"].clone()
        ),
        (0, json!(0))
    );
}

/// builds 58
#[tokio::test]
async fn variables_are_taken_only_where_the_trigger_allows_it() {
    let machine = with_triggers(json!([
        {"type": "Generic", "generic": {"secret": "closed"}},
        {"type": "Generic", "generic": {"secret": "open", "allowEnv": true}},
    ]))
    .await;
    let payload = json!({"git": {"ref": "master", "commit": "abc"}, "env": [
        {"name": "A", "value": "2"}, {"name": "B", "value": "3"},
        {"name": "C", "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}},
    ]});
    let env = async |secret: &str| {
        let hook = format!("web/webhooks/{secret}/generic");
        let (code, documents) = call(&machine, &hook, &[JSON], payload.clone()).await;
        assert_eq!((code, documents.len()), (200, 1));
        documents[0]["spec"]["strategy"]["sourceStrategy"]["env"].clone()
    };
    assert_eq!(env("closed").await, json!([{"name": "A", "value": "1"}]));
    assert_eq!(
        env("open").await,
        json!([{"name": "A", "value": "2"}, {"name": "B", "value": "3"}]),
        "and never the value of a secret"
    );
}

/// builds 59
#[tokio::test]
async fn a_ping_of_github_is_answered_and_builds_nothing() {
    let machine = with_all_triggers().await;
    let ping = [JSON, ("x-github-event", "ping")];
    let answer = call(
        &machine,
        "web/webhooks/s3cret/github",
        &ping,
        json!({"zen": "Design for failure."}),
    )
    .await;
    assert_eq!(answer, (200, Vec::new()));
    assert_eq!(builds(&machine).await, 0);
}

/// builds 60
#[tokio::test]
async fn a_push_to_github_builds_the_commit_of_the_branch_that_is_built() {
    let machine = with_all_triggers().await;
    let push = |branch: &str| {
        json!({"ref": format!("refs/heads/{branch}"), "after": "9bdc3a2", "head_commit": {
            "id": "9bdc3a2", "message": "Mend it", "author": {"name": "Jane", "email": "jane@example.com", "username": "jane"},
            "committer": {"name": "Joe", "email": "joe@example.com"},
        }})
    };
    let headers = [JSON, ("x-github-event", "push")];
    let hook = "web/webhooks/s3cret/github";
    let (code, documents) = call(&machine, hook, &headers, push("master")).await;
    assert_eq!(code, 200);
    let revision = json!({"type": "Git", "git": {
        "commit": "9bdc3a2", "message": "Mend it", "author": {"name": "Jane", "email": "jane@example.com"},
        "committer": {"name": "Joe", "email": "joe@example.com"},
    }});
    let spec = &documents[0]["spec"];
    assert_eq!(spec["revision"], revision);
    assert_eq!(
        spec["triggeredBy"],
        json!([{"message": "GitHub WebHook", "githubWebHook": {"revision": revision, "secret": "<secret>"}}])
    );
    assert_eq!(call(&machine, hook, &headers, push("main")).await, (200, Vec::new()));
    assert_eq!(builds(&machine).await, 1);
}

/// builds 61
#[tokio::test]
async fn a_push_to_gitlab_builds_its_last_commit() {
    let machine = with_all_triggers().await;
    let headers = [JSON, ("x-gitlab-event", "Push Hook")];
    let push = json!({"ref": "refs/heads/master", "after": "b2", "commits": [
        {"id": "a1", "message": "First", "author": {"name": "Jane"}},
        {"id": "b2", "message": "Last", "author": {"name": "Joe", "email": "joe@example.com"}},
    ]});
    let (code, documents) = call(&machine, "web/webhooks/s3cret/gitlab", &headers, push).await;
    assert_eq!(code, 200);
    let joe = json!({"name": "Joe", "email": "joe@example.com"});
    let revision = json!({"type": "Git", "git": {"commit": "b2", "message": "Last", "author": joe, "committer": joe}});
    assert_eq!(documents[0]["spec"]["revision"], revision);
    assert_eq!(
        documents[0]["spec"]["triggeredBy"],
        json!([{"message": "GitLab WebHook", "gitlabWebHook": {"revision": revision, "secret": "<secret>"}}])
    );
}

/// builds 62
#[tokio::test]
async fn a_push_to_bitbucket_builds_its_newest_commit() {
    let machine = with_all_triggers().await;
    let hook = "web/webhooks/s3cret/bitbucket";
    let cloud = json!({"push": {"changes": [{
        "old": {"type": "branch", "name": "master"}, "new": {"type": "branch", "name": "master"},
        "commits": [{"hash": "c3", "message": "Newest", "author": {"username": "jane"}}, {"hash": "b2"}],
    }]}});
    let (code, documents) = call(&machine, hook, &[JSON, ("x-event-key", "repo:push")], cloud).await;
    assert_eq!(code, 200);
    let git = &documents[0]["spec"]["revision"]["git"];
    assert_eq!(
        (&git["commit"], &git["message"], &git["author"]["name"]),
        (&json!("c3"), &json!("Newest"), &json!("jane"))
    );
    let cause = &documents[0]["spec"]["triggeredBy"][0];
    assert_eq!(
        (&cause["message"], &cause["bitbucketWebHook"]["secret"]),
        (&json!("Bitbucket WebHook"), &json!("<secret>"))
    );
    let server = json!({"changes": [{"ref": {"displayId": "master", "type": "BRANCH"}, "toHash": "d4"}]});
    let (code, documents) = call(&machine, hook, &[JSON, ("x-event-key", "repo:refs_changed")], server).await;
    assert_eq!(
        (code, &documents[0]["spec"]["revision"]["git"]["commit"]),
        (200, &json!("d4"))
    );
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

#[tokio::test]
async fn a_build_that_cannot_be_made_is_told_as_ours() {
    let machine = with_all_triggers().await;
    machine
        .changed(CONFIG, |config| {
            config["metadata"]["annotations"] = json!({"openshift.io/build-config.paused": "true"});
        })
        .await;
    let (code, documents) = call(&machine, "web/webhooks/s3cret/generic", &[JSON], json!({})).await;
    assert_eq!((code, documents[0]["reason"].as_str()), (500, Some("InternalError")));
    assert_eq!(
        message(&documents),
        "Internal error occurred: could not generate a build: can't instantiate from BuildConfig ns/web: BuildConfig is paused"
    );
}

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
