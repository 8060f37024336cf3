use serde_json::{Value, json};

use super::source::{From, Kind};
use crate::testing::Server;

const DIGEST: &str = "sha256:6965a10c15290ad0b29ca7fd1866de1850408b3cb15fb11a3bbbbc2fddb158bd";

fn put(namespace: &str, name: &str) -> String {
    format!("PUT /apis/image.openshift.io/v1/namespaces/{namespace}/imagestreamtags/{name}")
}

fn server() -> Server {
    let server = Server::new();
    for name in ["myapp:v1", "myapp:prod", "myapp:alias", "myapp:sched", "node:mine"] {
        server.on(&put("myproject", name), 200, json!({}));
    }
    server.on(&put("default", "myapp:v1"), 200, json!({}));
    let stream = json!({"status": {"tags": [{"tag": "v1", "items": [{"image": DIGEST}]}]}});
    server.on(
        "GET /apis/image.openshift.io/v1/namespaces/myproject/imagestreams/myapp",
        200,
        stream.clone(),
    );
    server.on(
        "GET /apis/image.openshift.io/v1/namespaces/openshift/imagestreams/nodejs",
        200,
        stream,
    );
    server
}

fn tag(server: &Server, call: &str) -> Value {
    server.body(call)["tag"].clone()
}

#[test]
fn sources_are_told_apart_by_their_form() {
    for (text, kind, name) in [
        (
            "docker.io/library/nginx:1.27",
            Kind::Docker,
            "docker.io/library/nginx:1.27",
        ),
        ("localhost:5000/a/b", Kind::Docker, "localhost:5000/a/b"),
        ("myapp:v1", Kind::ImageStreamTag, "myapp:v1"),
        ("myapp", Kind::ImageStreamTag, "myapp:latest"),
        ("openshift/nodejs:22", Kind::ImageStreamTag, "nodejs:22"),
        (
            &format!("myapp@{DIGEST}"),
            Kind::ImageStreamImage,
            &format!("myapp@{DIGEST}"),
        ),
    ] {
        let from = From::parse(text, None).unwrap();
        assert_eq!((from.kind, from.name.as_str()), (kind, name), "{text}");
    }
    assert_eq!(From::parse("nginx:1", Some(Kind::Docker)).unwrap().name, "nginx:1");
    assert!(From::parse("Upper/Case", None).is_err());
}

#[tokio::test]
async fn an_image_of_a_registry_is_imported() {
    let server = server();
    let outcome = server.run("tag docker.io/library/nginx:1.27 myapp:v1").await;
    assert_eq!(outcome.out, "Tag myapp:v1 set to docker.io/library/nginx:1.27.\n");
    assert_eq!(
        tag(&server, &put("myproject", "myapp:v1")),
        json!({
            "name": "v1", "annotations": null, "from": {"kind": "DockerImage", "name": "docker.io/library/nginx:1.27"},
            "generation": 0, "importPolicy": {"importMode": "Legacy"}, "referencePolicy": {"type": "Source"},
        })
    );
    let outcome = server
        .run("tag docker.io/library/nginx:stable myapp:sched --scheduled --reference-policy=local --insecure")
        .await;
    assert_eq!(
        outcome.out,
        "Tag myapp:sched set to import docker.io/library/nginx:stable periodically.\n"
    );
    let sent = tag(&server, &put("myproject", "myapp:sched"));
    assert_eq!(
        sent["importPolicy"],
        json!({"insecure": true, "scheduled": true, "importMode": "Legacy"})
    );
    assert_eq!(sent["referencePolicy"], json!({"type": "Local"}));
}

#[tokio::test]
async fn a_tag_of_a_stream_is_taken_by_the_digest_it_has_now() {
    let server = server();
    let outcome = server.run("tag myapp:v1 myapp:prod default/myapp:v1").await;
    assert_eq!(
        outcome.out,
        format!("Tag myapp:prod set to myapp@{DIGEST}.\nTag default/myapp:v1 set to myapp@{DIGEST}.\n")
    );
    let name = format!("myapp@{DIGEST}");
    let sent = tag(&server, &put("myproject", "myapp:prod"));
    assert_eq!(
        (&sent["from"], &sent["generation"]),
        (&json!({"kind": "ImageStreamImage", "name": name}), &Value::Null)
    );
    assert_eq!(
        tag(&server, &put("default", "myapp:v1"))["from"],
        json!({"kind": "ImageStreamImage", "namespace": "myproject", "name": name})
    );
    let outcome = server.run("tag openshift/nodejs:v1 node:mine").await;
    assert_eq!(
        outcome.out,
        format!("Tag node:mine set to openshift/nodejs@{DIGEST}.\n")
    );
}

#[tokio::test]
async fn an_alias_follows_within_its_stream() {
    let server = server();
    assert_eq!(
        server.run("tag myapp:v1 myapp:alias --alias").await.out,
        "Tag myapp:alias set up to track myapp:v1.\n"
    );
    assert_eq!(
        tag(&server, &put("myproject", "myapp:alias"))["from"],
        json!({"kind": "ImageStreamTag", "name": "myapp:v1"})
    );
    let outcome = server.run("tag nginx:1.27 myapp:alias --alias").await;
    assert_eq!(outcome.err, "error: cannot set alias across different Image Streams\n");
}

#[tokio::test]
async fn tags_are_deleted() {
    let server = Server::new();
    server.on(
        "DELETE /apis/image.openshift.io/v1/namespaces/myproject/imagestreamtags/myapp:alias",
        200,
        json!({}),
    );
    assert_eq!(
        server.run("tag -d myapp:alias").await.out,
        "Deleted tag myproject/myapp:alias.\n"
    );
}

#[tokio::test]
async fn a_tag_without_an_image_is_no_source() {
    let outcome = server().run("tag myapp:nosuch myapp:v1").await;
    assert!(
        outcome.err.starts_with(
            "error: \"myapp:nosuch\" is not currently pointing to an image, cannot use it as the source of a tag\n"
        ),
        "{}",
        outcome.err
    );
}
