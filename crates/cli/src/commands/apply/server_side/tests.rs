use serde_json::{Value, json};

use crate::testing::{Outcome, Server, status};

const CONFIG: &str = "/apis/apps.openshift.io/v1/namespaces/myproject/deploymentconfigs/web";
const RECORD: &str = "kubectl.kubernetes.io/last-applied-configuration";

fn apply_call() -> String {
    format!("PATCH {CONFIG}?fieldManager=kubectl&fieldValidation=Strict&force=false")
}

async fn apply(server: &Server) -> Outcome {
    let file = json!({"apiVersion": "apps.openshift.io/v1", "kind": "DeploymentConfig",
        "metadata": {"name": "web", "annotations": {RECORD: "old"}}, "spec": {"replicas": 1}});
    server
        .run_words(&["apply", "--server-side", "-f", "-"], &file.to_string())
        .await
}

/// The object as it is while a client's entry is there.
fn clients_own(version: &str) -> Value {
    json!({"apiVersion": "apps.openshift.io/v1", "kind": "DeploymentConfig", "metadata": {
    "name": "web", "resourceVersion": version, "annotations": {RECORD: "{}\n"}, "managedFields": [
        {"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
        {"manager": "kubectl-client-side-apply", "operation": "Update", "fieldsV1": {"f:spec": {"f:paused": {}}}},
    ]}})
}

#[tokio::test]
async fn the_server_gets_the_file_without_the_record() {
    let server = Server::new();
    server.on(&apply_call(), 200, json!({"metadata": {"name": "web"}}));
    let outcome = apply(&server).await;
    assert_eq!(
        outcome.out, "deploymentconfig.apps.openshift.io/web serverside-applied\n",
        "{}",
        outcome.err
    );
    assert_eq!(
        server.body(&apply_call())["metadata"],
        json!({"name": "web", "annotations": {}})
    );
}

#[tokio::test]
async fn owners_that_are_in_the_way_are_named_with_what_to_do() {
    let server = Server::new();
    let mut conflict = status(
        409,
        "Conflict",
        "Apply failed with 1 conflict: conflict with \"other\": .spec.replicas",
    );
    conflict["details"] =
        json!({"causes": [{"reason": "FieldManagerConflict", "message": "m", "field": ".spec.replicas"}]});
    server.on(&apply_call(), 409, conflict);
    let outcome = apply(&server).await;
    assert!(
        outcome.err.starts_with("error: Apply failed with 1 conflict"),
        "{}",
        outcome.err
    );
    assert!(outcome.err.contains("hint: --force-conflicts"), "{}", outcome.err);
}

#[tokio::test]
async fn fields_of_client_side_applies_become_ours_and_their_record_stays() {
    let server = Server::new();
    server.on(&apply_call(), 200, clients_own("1"));
    server.on(&apply_call(), 200, json!({"metadata": {"name": "web"}}));
    let keep = format!("PATCH {CONFIG}?fieldManager=kubectl-last-applied");
    server.on(&keep, 200, clients_own("2"));
    let join = format!("PATCH {CONFIG}?fieldManager=kubectl");
    server.on(&join, 409, status(409, "Conflict", "the object has been modified"));
    server.on(&join, 200, json!({}));
    server.on(&format!("GET {CONFIG}"), 200, clients_own("3"));
    let outcome = apply(&server).await;
    assert_eq!((outcome.err.as_str(), outcome.code), ("", 0));
    assert_eq!(server.body(&keep)["metadata"]["annotations"], json!({RECORD: "{}\n"}));
    let patch = server.body(&join);
    assert_eq!(
        patch[0]["value"][0]["fieldsV1"],
        json!({"f:spec": {"f:replicas": {}, "f:paused": {}}})
    );
    assert_eq!(patch[1]["value"], "3", "the second try is about what is there now");
    assert_eq!(server.calls().last(), Some(&apply_call()), "{:?}", server.calls());
}
