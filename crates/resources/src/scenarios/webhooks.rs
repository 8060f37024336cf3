//! Builds that others start by calling an address: who may ([`access`]), what a call means, and how much of it
//! ([`bounds`]).

mod access;
mod bounds;

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
