use serde_json::json;

use crate::testing::{Server, status};

const BUILDS: &str = "/apis/build.openshift.io/v1/namespaces/myproject/builds";
const START: &str = "POST /apis/build.openshift.io/v1/namespaces/myproject/buildconfigs/node-build/instantiate";

fn server() -> Server {
    let server = Server::new();
    server.on(START, 201, json!({"metadata": {"name": "node-build-2"}}));
    server
}

#[tokio::test]
async fn a_build_is_started_with_a_request() {
    let server = server();
    let outcome = server.run("start-build bc/node-build --commit=abc -e A=b=c").await;
    assert_eq!(outcome.out, "build.build.openshift.io/node-build-2 started\n");
    assert_eq!(
        server.body(START),
        json!({
            "apiVersion": "build.openshift.io/v1", "kind": "BuildRequest", "metadata": {"name": "node-build"},
            "triggeredBy": [{"message": "Manually triggered"}], "dockerStrategyOptions": {}, "sourceStrategyOptions": {},
            "env": [{"name": "A", "value": "b=c"}], "revision": {"type": "Git", "git": {"commit": "abc"}},
        })
    );
    assert_eq!(
        server.run("start-build node-build -o name").await.out,
        "build.build.openshift.io/node-build-2\n"
    );
}

#[tokio::test]
async fn following_shows_the_log_and_ends_with_the_build() {
    let server = server();
    server.on_text(
        &format!("GET {BUILDS}/node-build-2/log?follow=true"),
        200,
        "Cloning\nPush successful\n",
    );
    let build = |phase: &str| json!({"metadata": {"name": "node-build-2", "namespace": "myproject", "resourceVersion": "5"}, "status": {"phase": phase}});
    server.on(&format!("GET {BUILDS}/node-build-2"), 200, build("Running"));
    let event = json!({"type": "MODIFIED", "object": build("Complete")});
    let watch = format!("GET {BUILDS}?fieldSelector=metadata.name%3Dnode-build-2&resourceVersion=5&watch=true");
    server.on_text(&watch, 200, &format!("{event}\n"));
    let outcome = server.run("start-build bc/node-build --follow").await;
    assert_eq!(
        outcome.out,
        "build.build.openshift.io/node-build-2 started\nCloning\nPush successful\n"
    );
    assert_eq!((outcome.err.as_str(), outcome.code), ("", 0));
}

#[tokio::test]
async fn a_failed_build_fails_the_command_and_says_why() {
    let server = server();
    let failed = json!({"metadata": {"namespace": "myproject"}, "status": {"phase": "Failed", "reason": "AssembleFailed", "message": "Assemble script failed."}});
    server.on(&format!("GET {BUILDS}/node-build-2"), 200, failed);
    let outcome = server.run("start-build node-build --wait").await;
    assert_eq!(outcome.code, 1);
    assert_eq!(
        outcome.err,
        "error: the build myproject/node-build-2 status is \"Failed\" (AssembleFailed): Assemble script failed.\n\
         hint: `weir describe build/node-build-2` tells more\n"
    );
}

#[tokio::test]
async fn a_config_without_source_is_explained() {
    let server = Server::new();
    let mut refusal = status(422, "Invalid", "no");
    refusal["details"] = json!({"kind": "BuildConfig", "name": "node-build", "causes": [{"reason": "x", "message": "m", "field": "spec.source"}]});
    server.on(START, 422, refusal);
    let outcome = server.run("start-build node-build").await;
    assert_eq!(
        outcome.err,
        "error: build configuration myproject/node-build has no valid source inputs\n"
    );
}
