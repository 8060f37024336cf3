use serde_json::{Value, json};

use crate::testing::{Server, status};

const STREAMS: &str = "/apis/image.openshift.io/v1/namespaces/myproject/imagestreams";

fn table(columns: &[&str], rows: &[&[&str]]) -> Value {
    let columns: Vec<Value> = columns
        .iter()
        .map(|name| json!({"name": name, "priority": 0}))
        .collect();
    let rows: Vec<Value> = rows
        .iter()
        .map(|cells| json!({"cells": cells, "object": {"metadata": {}}}))
        .collect();
    json!({"kind": "Table", "metadata": {"resourceVersion": "7"}, "columnDefinitions": columns, "rows": rows})
}

#[tokio::test]
async fn lists_are_shown_as_the_server_renders_them() {
    let server = Server::new();
    server.on(
        &format!("GET {STREAMS}?limit=500"),
        200,
        table(
            &["Name", "Docker Repo", "Tags", "Updated"],
            &[&["node-build", "registry/myproject/node-build", "latest", "2 seconds ago"]],
        ),
    );
    let outcome = server.run("get is").await;
    assert_eq!(
        outcome.out,
        "NAME         DOCKER REPO                     TAGS     UPDATED\n\
         node-build   registry/myproject/node-build   latest   2 seconds ago\n"
    );
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
}

#[tokio::test]
async fn pages_are_put_together() {
    let server = Server::new();
    let mut first = table(&["Name"], &[&["a"]]);
    first["metadata"]["continue"] = "next".into();
    server.on(&format!("GET {STREAMS}?limit=500"), 200, first);
    server.on(
        &format!("GET {STREAMS}?limit=500&continue=next"),
        200,
        table(&["Name"], &[&["b"]]),
    );
    assert_eq!(server.run("get imagestreams --no-headers").await.out, "a\nb\n");
}

#[tokio::test]
async fn several_kinds_are_told_apart() {
    let server = Server::new();
    server.on(&format!("GET {STREAMS}?limit=500"), 200, table(&["Name"], &[&["web"]]));
    server.on(
        "GET /api/v1/namespaces/myproject/pods?limit=500",
        200,
        table(&["Name", "Ready"], &[&["web-1", "1/1"]]),
    );
    server.on(
        "GET /api/v1/namespaces/myproject/services?limit=500",
        200,
        table(&["Name"], &[]),
    );
    assert_eq!(
        server.run("get is,svc,pods").await.out,
        "NAME\nimagestream.image.openshift.io/web\n\nNAME        READY\npod/web-1   1/1\n"
    );
}

#[tokio::test]
async fn nothing_found_is_no_error() {
    let server = Server::new();
    server.on(&format!("GET {STREAMS}?limit=500"), 200, table(&["Name"], &[]));
    let outcome = server.run("get is").await;
    assert_eq!(
        (outcome.code, outcome.err.as_str()),
        (0, "No resources found in myproject namespace.\n")
    );
}

#[tokio::test]
async fn a_missing_namespace_is_what_is_reported() {
    let server = Server::new();
    let missing = |what: &str| status(404, "NotFound", what);
    server.on(
        &format!("GET {STREAMS}/nosuch"),
        404,
        missing("imagestreams.image.openshift.io \"nosuch\" not found"),
    );
    server.on(
        "GET /api/v1/namespaces/myproject",
        404,
        missing("namespaces \"myproject\" not found"),
    );
    let outcome = server.run("get is nosuch").await;
    assert_eq!(
        outcome.err,
        "Error from server (NotFound): namespaces \"myproject\" not found\n"
    );
    assert_eq!(outcome.code, 1);
}

#[tokio::test]
async fn what_is_there_is_shown_before_what_is_not() {
    let server = Server::new();
    server.on(&format!("GET {STREAMS}/a"), 200, table(&["Name"], &[&["a"]]));
    server.on(
        &format!("GET {STREAMS}/b"),
        404,
        status(404, "NotFound", "imagestreams.image.openshift.io \"b\" not found"),
    );
    server.on("GET /api/v1/namespaces/myproject", 200, json!({}));
    let outcome = server.run("get is b a").await;
    assert_eq!((outcome.out.as_str(), outcome.code), ("NAME\na\n", 1));
    assert!(outcome.err.contains("\"b\" not found"), "{}", outcome.err);
}

#[tokio::test]
async fn objects_are_printed_whole_but_without_bookkeeping() {
    let server = Server::new();
    server.on(
        &format!("GET {STREAMS}/a"),
        200,
        json!({"metadata": {"name": "a", "managedFields": [{}]}, "spec": {}}),
    );
    assert_eq!(
        server.run("get is/a -o yaml").await.out,
        "apiVersion: image.openshift.io/v1\nkind: ImageStream\nmetadata:\n  name: a\nspec: {}\n"
    );
    assert_eq!(server.run("get is a -o jsonpath={.metadata.name}").await.out, "a");
    assert_eq!(
        server.run("get is a -o name").await.out,
        "imagestream.image.openshift.io/a\n"
    );
}

#[tokio::test]
async fn lists_of_objects_are_one_document() {
    let server = Server::new();
    server.on(
        &format!("GET {STREAMS}?limit=500"),
        200,
        json!({"items": [{"metadata": {"name": "b"}}, {"metadata": {"name": "a"}}]}),
    );
    assert_eq!(
        server.run("get is -o jsonpath={.items[*].kind}").await.out,
        "ImageStream ImageStream"
    );
    assert_eq!(
        server.run("get is -o name --sort-by=.metadata.name").await.out,
        "imagestream.image.openshift.io/a\nimagestream.image.openshift.io/b\n"
    );
}

#[tokio::test]
async fn a_watch_goes_on_under_the_same_header() {
    let server = Server::new();
    server.on(
        &format!("GET {STREAMS}?limit=500"),
        200,
        table(&["Name", "Tags"], &[&["a-long-name", ""]]),
    );
    let change = json!({"type": "MODIFIED", "object": table(&["Name", "Tags"], &[&["a", "latest"]])});
    server.on_text(
        &format!("GET {STREAMS}?resourceVersion=7&watch=true"),
        200,
        &format!("{change}\n"),
    );
    assert_eq!(
        server.run("get is -w").await.out,
        "NAME          TAGS\na-long-name   \na             latest\n"
    );
    assert_eq!(
        server.run("get is -w --output-watch-events").await.out,
        "EVENT      NAME          TAGS\nADDED      a-long-name   \nMODIFIED   a             latest\n"
    );
}

#[tokio::test]
async fn an_unknown_kind_is_named() {
    let outcome = Server::new().run("get nosuch").await;
    assert_eq!(
        outcome.err,
        "error: the server doesn't have a resource type \"nosuch\"\n"
    );
}
