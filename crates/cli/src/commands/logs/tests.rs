use serde_json::json;

use crate::testing::{Server, status};

const BUILDS: &str = "/apis/build.openshift.io/v1/namespaces/myproject/builds";
const CONFIG: &str = "/apis/build.openshift.io/v1/namespaces/myproject/buildconfigs/node-build";
const OF_CONFIG: &str = "labelSelector=openshift.io%2Fbuild-config.name%3Dnode-build";

fn build(name: &str, created: &str, phase: &str) -> serde_json::Value {
    json!({"metadata": {"name": name, "creationTimestamp": created}, "status": {"phase": phase}})
}

#[tokio::test]
async fn a_build_configs_log_is_that_of_its_newest_build() {
    let server = Server::new();
    server.on(&format!("GET {CONFIG}"), 200, json!({}));
    let list = json!({"items": [
        build("node-build-9", "2026-01-01T00:00:00Z", "Complete"), build("node-build-10", "2026-01-02T00:00:00Z", "Complete"),
    ]});
    server.on(&format!("GET {BUILDS}?{OF_CONFIG}&limit=500"), 200, list);
    server.on_text(
        &format!("GET {BUILDS}/node-build-10/log?tailLines=2&timestamps=true"),
        200,
        "one\ntwo\n",
    );
    assert_eq!(
        server.run("logs bc/node-build --tail=2 --timestamps").await.out,
        "one\ntwo\n"
    );
    server.on_text(&format!("GET {BUILDS}/node-build-3/log"), 200, "three\n");
    assert_eq!(server.run("logs bc/node-build --version=3").await.out, "three\n");
}

#[tokio::test]
async fn a_follower_waits_for_the_build_to_start() {
    let server = Server::new();
    let log = format!("GET {BUILDS}/b-1/log?follow=true");
    server.on(
        &log,
        504,
        status(504, "Timeout", "timed out waiting for build b-1 to start after 30s"),
    );
    server.on_text(&log, 200, "Cloning\n");
    server.on(&format!("GET {BUILDS}/b-1"), 200, build("b-1", "", "Pending"));
    let outcome = server.run("logs -f build/b-1").await;
    assert_eq!((outcome.out.as_str(), outcome.code), ("Cloning\n", 0));
    let outcome = server.run("logs build/b-1 --version=1").await;
    assert_eq!(outcome.err, "error: cannot specify a version and a build\n");
}

#[tokio::test]
async fn a_follower_waits_for_the_first_build() {
    let server = Server::new();
    server.on(&format!("GET {CONFIG}"), 200, json!({}));
    server.on(
        &format!("GET {BUILDS}?{OF_CONFIG}&limit=500"),
        200,
        json!({"metadata": {"resourceVersion": "8"}, "items": []}),
    );
    let event = json!({"type": "ADDED", "object": build("node-build-1", "", "New")});
    server.on_text(
        &format!("GET {BUILDS}?{OF_CONFIG}&resourceVersion=8&watch=true"),
        200,
        &format!("{event}\n"),
    );
    server.on_text(
        &format!("GET {BUILDS}/node-build-1/log?follow=true"),
        200,
        "first line\n",
    );
    assert_eq!(server.run("logs -f bc/node-build").await.out, "first line\n");
    let outcome = server.run("logs bc/node-build").await;
    assert_eq!(
        outcome.err,
        "error: no builds found for \"node-build\"\nhint: `weir start-build node-build` starts one\n"
    );
}

#[tokio::test]
async fn a_pods_log_is_that_of_its_first_container() {
    let server = Server::new();
    let pod = json!({"metadata": {"name": "web"}, "spec": {"initContainers": [{"name": "i"}], "containers": [{"name": "a"}, {"name": "b"}]}});
    server.on("GET /api/v1/namespaces/myproject/pods/web", 200, pod);
    let log = "GET /api/v1/namespaces/myproject/pods/web/log?";
    server.on_text(&format!("{log}sinceSeconds=3600&container=a"), 200, "a\n");
    server.on_text(&format!("{log}container=i"), 200, "i\n");
    server.on_text(&format!("{log}container=a"), 200, "a\n");
    server.on_text(&format!("{log}container=b"), 200, "b\n");
    assert_eq!(server.run("logs web --since=1h").await.out, "a\n");
    assert_eq!(server.run("logs pod/web --all-containers").await.out, "i\na\nb\n");
    assert_eq!(
        server.run("logs web -c nosuch").await.err,
        "error: container nosuch is not valid for pod web\nhint: its containers are: i, a, b\n"
    );
}

#[tokio::test]
async fn rollouts_have_logs_once_there_is_one() {
    let server = Server::new();
    let path = "/apis/apps.openshift.io/v1/namespaces/myproject/deploymentconfigs";
    server.on(
        &format!("GET {path}/app"),
        200,
        json!({"metadata": {"resourceVersion": "1"}, "status": {"latestVersion": 0}}),
    );
    let event = json!({"type": "MODIFIED", "object": {"status": {"latestVersion": 1}}});
    let watch = format!("GET {path}?fieldSelector=metadata.name%3Dapp&resourceVersion=1&watch=true");
    server.on_text(&watch, 200, &format!("{event}\n"));
    server.on_text(&format!("GET {path}/app/log?follow=true"), 200, "--> Success\n");
    assert_eq!(server.run("logs -f dc/app").await.out, "--> Success\n");
}
