use serde_json::{Value, json};

use crate::testing::Server;

const STREAM: &str = "GET /apis/image.openshift.io/v1/namespaces/myproject/imagestreams/nginx";
const IMPORT: &str = "POST /apis/image.openshift.io/v1/namespaces/myproject/imagestreamimports";

fn stream() -> Value {
    json!({"metadata": {"name": "nginx", "resourceVersion": "7"}, "spec": {"tags": [
        {"name": "1.27", "from": {"kind": "DockerImage", "name": "docker.io/library/nginx:1.27"}},
    ]}})
}

fn answer(status: &str, message: &str) -> Value {
    let mut entry = json!({"status": {"status": status, "message": message}, "tag": "1.27"});
    if status == "Success" {
        entry["image"] =
            json!({"metadata": {"name": "sha256:1"}, "dockerImageReference": "docker.io/library/nginx@sha256:1"});
    }
    json!({
        "metadata": {"name": "nginx"},
        "spec": {"import": true, "images": [{"from": {"kind": "DockerImage", "name": "docker.io/library/nginx:1.27"}, "to": {"name": "1.27"}}]},
        "status": {"images": [entry], "import": {"metadata": {"name": "nginx"}}},
    })
}

#[tokio::test]
async fn a_stream_that_is_not_there_needs_confirmation() {
    let server = Server::new();
    server.on(IMPORT, 201, answer("Success", ""));
    let outcome = server
        .run("import-image nginx:1.27 --from=docker.io/library/nginx:1.27")
        .await;
    assert_eq!(
        outcome.err,
        "error: no image stream named \"nginx\" exists, pass --confirm to create and import\n"
    );
    let outcome = server
        .run("import-image nginx:1.27 --from=docker.io/library/nginx:1.27 --confirm")
        .await;
    assert!(
        outcome
            .out
            .starts_with("imagestream.image.openshift.io/nginx imported\n\nName:"),
        "{}",
        outcome.out
    );
    assert!(
        outcome
            .out
            .contains("\nImage Name:     nginx:1.27\nDocker Image:   docker.io/library/nginx@sha256:1\n"),
        "{}",
        outcome.out
    );
    assert_eq!(
        server.body(IMPORT),
        json!({
            "apiVersion": "image.openshift.io/v1", "kind": "ImageStreamImport", "metadata": {"name": "nginx"},
            "spec": {"import": true, "images": [{
                "from": {"kind": "DockerImage", "name": "docker.io/library/nginx:1.27"}, "to": {"name": "1.27"},
                "importPolicy": {"importMode": "Legacy"}, "referencePolicy": {"type": "Source"},
            }]},
        })
    );
}

#[tokio::test]
async fn a_known_tag_is_imported_from_where_it_came() {
    let server = Server::new();
    server.on(STREAM, 200, stream()).on(IMPORT, 201, answer("Success", ""));
    assert_eq!(server.run("import-image nginx:1.27").await.code, 0);
    let sent = server.body(IMPORT);
    assert_eq!(sent["metadata"]["resourceVersion"], "7");
    assert_eq!(
        sent["spec"]["images"][0]["from"]["name"],
        "docker.io/library/nginx:1.27"
    );
}

#[tokio::test]
async fn what_cannot_be_imported_is_said_before_asking() {
    let server = Server::new();
    server.on(STREAM, 200, stream());
    for (words, error) in [
        (
            "import-image nginx",
            "error: the tag \"latest\" does not exist on the image stream - choose an existing tag",
        ),
        (
            "import-image nginx:1.27 --from=docker.io/library/nginx:stable",
            "error: the tag \"1.27\" points to \"docker.io/library/nginx:1.27\" - use the 'tag'",
        ),
    ] {
        let outcome = server.run(words).await;
        assert!(outcome.err.starts_with(error), "{}", outcome.err);
    }
    assert_eq!(server.calls(), [STREAM, STREAM]);
}

#[tokio::test]
async fn all_tags_come_from_one_repository() {
    let server = Server::new();
    server.on(STREAM, 200, stream()).on(
        IMPORT,
        201,
        json!({"metadata": {}, "spec": {"import": true}, "status": {}}),
    );
    assert_eq!(server.run("import-image nginx --all").await.code, 0);
    assert_eq!(
        server.body(IMPORT)["spec"]["repository"]["from"]["name"],
        "docker.io/library/nginx"
    );
}

#[tokio::test]
async fn a_failed_import_fails_the_command() {
    let server = Server::new();
    server.on(STREAM, 200, stream()).on(
        IMPORT,
        201,
        answer("Failure", "you may not have access to the container image"),
    );
    let outcome = server.run("import-image nginx:1.27").await;
    assert!(
        outcome
            .out
            .starts_with("imagestream.image.openshift.io/nginx imported with errors\n")
    );
    assert_eq!(
        (outcome.err.as_str(), outcome.code),
        (
            "error: tag 1.27 failed: you may not have access to the container image\nerror: imported completed with errors\n",
            1
        )
    );
}
