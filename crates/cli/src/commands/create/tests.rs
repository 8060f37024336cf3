use serde_json::json;

use crate::testing::{Server, status};

const CONFIGS: &str = "POST /apis/apps.openshift.io/v1/namespaces/myproject/deploymentconfigs";
const STREAMS: &str = "POST /apis/image.openshift.io/v1/namespaces/myproject/imagestreams";

#[tokio::test]
async fn a_deployment_config_is_made_from_an_image_and_a_command() {
    let server = Server::new();
    server.on(CONFIGS, 201, json!({"metadata": {"name": "app"}}));
    let outcome = server
        .run("create dc app --image=docker.io/library/nginx:1.27 -- sleep 1d")
        .await;
    assert_eq!(outcome.out, "deploymentconfig.apps.openshift.io/app created\n");
    let labels = json!({"deployment-config.name": "app"});
    assert_eq!(
        server.body(CONFIGS)["spec"],
        json!({
            "replicas": 1, "selector": labels, "strategy": {"resources": {}}, "test": false, "triggers": null,
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [
                {"name": "default-container", "image": "docker.io/library/nginx:1.27", "resources": {}, "command": ["sleep", "1d"]},
            ]}},
        })
    );
}

#[tokio::test]
async fn a_dry_run_prints_what_would_be_sent() {
    let server = Server::new();
    let outcome = server.run("create is web --dry-run=client -o yaml").await;
    assert_eq!(
        outcome.out,
        "apiVersion: image.openshift.io/v1\nkind: ImageStream\nmetadata:\n  name: web\nspec:\n  lookupPolicy:\n    local: false\n"
    );
    assert!(server.calls().is_empty());
}

#[tokio::test]
async fn files_are_created_one_object_after_the_other() {
    let server = Server::new();
    let call = format!("{STREAMS}?fieldManager=kubectl-create&fieldValidation=Strict");
    let message = "imagestreams.image.openshift.io \"a\" already exists";
    server
        .on(&call, 409, status(409, "AlreadyExists", message))
        .on(&call, 201, json!({"metadata": {"name": "b"}}));
    let stream =
        |name: &str| format!("apiVersion: image.openshift.io/v1\nkind: ImageStream\nmetadata: {{name: {name}}}\n");
    let outcome = server
        .run_words(&["create", "-f", "-"], &format!("{}---\n{}", stream("a"), stream("b")))
        .await;
    assert_eq!(outcome.out, "imagestream.image.openshift.io/b created\n");
    assert_eq!(
        outcome.err,
        format!("Error from server (AlreadyExists): error when creating \"STDIN\": {message}\n")
    );
    assert_eq!(outcome.code, 1);
}

#[tokio::test]
async fn kinds_of_an_old_group_have_no_mapping() {
    let input = "apiVersion: v1\nkind: ImageStream\nmetadata: {name: legacy}\n";
    let outcome = Server::new().run_words(&["create", "-f", "-"], input).await;
    assert!(
        outcome
            .err
            .ends_with("no matches for kind \"ImageStream\" in version \"v1\"\n"),
        "{}",
        outcome.err
    );
}

#[tokio::test]
async fn a_quota_is_made_of_words() {
    const QUOTAS: &str = "POST /api/v1/namespaces/myproject/resourcequotas";
    let server = Server::new();
    server.on(QUOTAS, 201, json!({"metadata": {"name": "small"}}));
    let outcome = server
        .run("create quota small --hard=pods=2,requests.cpu=500m --hard=secrets=9 --scopes=BestEffort")
        .await;
    assert_eq!(outcome.out, "resourcequota/small created\n");
    assert_eq!(
        server.body(QUOTAS)["spec"],
        json!({"hard": {"pods": "2", "requests.cpu": "500m", "secrets": "9"}, "scopes": ["BestEffort"]})
    );
    let outcome = server.run("create quota small --hard=pods").await;
    assert!(
        outcome
            .err
            .contains("Invalid argument syntax pods, expected <resource>=<value>"),
        "{}",
        outcome.err
    );
}
