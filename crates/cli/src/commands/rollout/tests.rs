use serde_json::{Value, json};
use weir_api::apps::DeploymentConfig;

use super::status::{Progress, progress};
use crate::testing::Server;

const CONFIGS: &str = "/apis/apps.openshift.io/v1/namespaces/myproject/deploymentconfigs";
const CONTROLLERS: &str = "GET /api/v1/namespaces/myproject/replicationcontrollers?labelSelector=openshift.io%2Fdeployment-config.name%3Dapp&limit=500";

fn config(status: Value) -> Value {
    let mut status = status;
    if status["latestVersion"].is_null() {
        status["latestVersion"] = 1.into();
    }
    json!({
        "metadata": {"name": "app", "generation": 2, "resourceVersion": "9"},
        "spec": {"replicas": 2, "triggers": [{"type": "ConfigChange"}]},
        "status": status,
    })
}

fn condition(reason: &str, message: &str) -> Value {
    json!([{"type": "Progressing", "status": "True", "reason": reason, "message": message}])
}

fn controller(version: i64, phase: &str, cause: &str) -> Value {
    json!({"metadata": {"name": format!("app-{version}"), "annotations": {
        "openshift.io/deployment-config.latest-version": version.to_string(),
        "openshift.io/deployment.phase": phase,
        "openshift.io/deployment.status-reason": cause,
    }}})
}

#[test]
fn progress_is_read_from_the_status() {
    let waiting = |text: &str| Progress::Waiting(text.into());
    for (status, expected) in [
        (
            json!({"observedGeneration": 1, "conditions": condition("NewReplicationControllerAvailable", "old news")}),
            waiting("Waiting for latest deployment config spec to be observed by the controller loop..."),
        ),
        (
            json!({"observedGeneration": 2, "conditions": condition("NewReplicationControllerAvailable", "rolled out")}),
            Progress::Done("rolled out".into()),
        ),
        (
            json!({"observedGeneration": 2, "conditions": condition("ProgressDeadlineExceeded", "has failed progressing")}),
            Progress::Failed("has failed progressing".into()),
        ),
        (
            json!({"observedGeneration": 2, "updatedReplicas": 1}),
            waiting("Waiting for rollout to finish: 1 out of 2 new replicas have been updated..."),
        ),
        (
            json!({"observedGeneration": 2, "updatedReplicas": 2, "replicas": 3}),
            waiting("Waiting for rollout to finish: 1 old replicas are pending termination..."),
        ),
        (
            json!({"observedGeneration": 2, "updatedReplicas": 2, "replicas": 2, "availableReplicas": 1}),
            waiting("Waiting for rollout to finish: 1 of 2 updated replicas are available..."),
        ),
    ] {
        let config: DeploymentConfig = serde_json::from_value(config(status.clone())).unwrap();
        assert_eq!(progress(&config, None), expected, "{status}");
    }
}

#[test]
fn a_config_that_nothing_ever_starts_is_a_failure() {
    let mut object = config(json!({"latestVersion": 0}));
    object["spec"]["triggers"] = json!([]);
    let config: DeploymentConfig = serde_json::from_value(object).unwrap();
    assert!(matches!(progress(&config, None), Progress::Failed(_)));
}

#[tokio::test]
async fn status_waits_for_the_end_and_says_each_thing_once() {
    let server = Server::new();
    let step = |updated: i64| config(json!({"observedGeneration": 2, "updatedReplicas": updated}));
    server.on(&format!("GET {CONFIGS}/app"), 200, step(0));
    let done = config(
        json!({"observedGeneration": 2, "conditions": condition("NewReplicationControllerAvailable", "replication controller \"app-1\" successfully rolled out")}),
    );
    let events: String = [step(0), step(1), done]
        .map(|object| format!("{}\n", json!({"type": "MODIFIED", "object": object})))
        .concat();
    server.on_text(
        &format!("GET {CONFIGS}?fieldSelector=metadata.name%3Dapp&resourceVersion=9&watch=true"),
        200,
        &events,
    );
    let outcome = server.run("rollout status dc/app").await;
    assert_eq!(
        outcome.out,
        "Waiting for rollout to finish: 0 out of 2 new replicas have been updated...\n\
         Waiting for rollout to finish: 1 out of 2 new replicas have been updated...\n\
         replication controller \"app-1\" successfully rolled out\n"
    );
    assert_eq!(outcome.code, 0);
}

#[tokio::test]
async fn history_lists_versions_in_order() {
    let server = Server::new();
    server.on(&format!("GET {CONFIGS}/app"), 200, json!({}));
    server.on(
        CONTROLLERS,
        200,
        json!({"items": [controller(10, "Running", ""), controller(9, "Complete", "config change")]}),
    );
    assert_eq!(
        server.run("rollout history dc/app").await.out,
        "deploymentconfig.apps.openshift.io/app \nREVISION\tSTATUS\t\tCAUSE\n9\t\tComplete\tconfig change\n10\t\tRunning\t\t<unknown>\n\n"
    );
}

#[tokio::test]
async fn latest_waits_for_no_one() {
    let server = Server::new();
    let get = format!("GET {CONFIGS}/app");
    server
        .on(&get, 200, json!({"spec": {"paused": true}}))
        .on(&get, 200, config(json!({})));
    let running = "GET /api/v1/namespaces/myproject/replicationcontrollers/app-1";
    server
        .on(running, 200, controller(1, "Pending", ""))
        .on(running, 200, controller(1, "Complete", ""));
    let start = format!("POST {CONFIGS}/app/instantiate");
    server.on(&start, 201, json!({"metadata": {"name": "app"}}));
    assert!(
        server
            .run("rollout latest dc/app")
            .await
            .err
            .starts_with("error: cannot deploy a paused deployment config\n")
    );
    assert!(
        server
            .run("rollout latest dc/app")
            .await
            .err
            .starts_with("error: #1 is already in progress (Pending).\n")
    );
    assert_eq!(
        server.run("rollout latest app").await.out,
        "deploymentconfig.apps.openshift.io/app rolled out\n"
    );
    assert_eq!(
        server.body(&start),
        json!({"apiVersion": "apps.openshift.io/v1", "kind": "DeploymentRequest", "name": "app", "latest": true, "force": true})
    );
}

#[tokio::test]
async fn pausing_and_resuming_set_one_field() {
    let server = Server::new();
    let get = format!("GET {CONFIGS}/app");
    let patch = format!("PATCH {CONFIGS}/app?fieldManager=kubectl-set");
    server
        .on(&get, 200, json!({"spec": {}}))
        .on(&get, 200, json!({"spec": {"paused": true}}));
    server.on(&patch, 200, json!({}));
    assert_eq!(
        server.run("rollout pause dc/app").await.out,
        "deploymentconfig.apps.openshift.io/app paused\n"
    );
    assert_eq!(
        server.run("rollout resume dc/app").await.out,
        "deploymentconfig.apps.openshift.io/app resumed\n"
    );
    assert_eq!(server.body(&patch)["spec"], json!({"paused": null}));
}

#[tokio::test]
async fn cancelling_marks_what_is_running() {
    let server = Server::new();
    server.on(&format!("GET {CONFIGS}/app"), 200, json!({}));
    server.on(
        CONTROLLERS,
        200,
        json!({"items": [controller(1, "Complete", ""), controller(2, "Running", "")]}),
    );
    let patch = "PATCH /api/v1/namespaces/myproject/replicationcontrollers/app-2";
    server.on(patch, 200, json!({}));
    assert_eq!(server.run("rollout cancel dc/app").await.code, 0);
    assert_eq!(
        server.body(patch)["metadata"]["annotations"]["openshift.io/deployment.cancelled"],
        "true"
    );
}

#[tokio::test]
async fn undoing_puts_back_what_the_server_computed() {
    let server = Server::new();
    let rolled_back = json!({"metadata": {"name": "app"}, "spec": {"triggers": [{"type": "ImageChange"}]}});
    server.on(&format!("POST {CONFIGS}/app/rollback"), 201, rolled_back.clone());
    server.on(&format!("PUT {CONFIGS}/app"), 200, rolled_back.clone());
    let outcome = server.run("rollout undo dc/app --to-revision=1").await;
    assert_eq!(outcome.out, "deploymentconfig.apps.openshift.io/app rolled back\n");
    assert!(outcome.err.contains("set triggers dc/app --auto"), "{}", outcome.err);
    assert_eq!(server.body(&format!("PUT {CONFIGS}/app")), rolled_back);
    assert_eq!(
        server.body(&format!("POST {CONFIGS}/app/rollback"))["spec"]["revision"],
        1
    );
}

#[tokio::test]
async fn what_would_be_undone_can_be_seen() {
    let server = Server::new();
    let containers = json!([{"name": "web", "image": "nginx:1"}]);
    let rolled_back = json!({"metadata": {"name": "app"}, "spec": {"template": {"spec": {"containers": containers}}}});
    server.on(&format!("POST {CONFIGS}/app/rollback"), 201, rolled_back);
    let outcome = server.run("rollout undo dc/app --dry-run").await;
    assert!(
        outcome
            .out
            .starts_with("deploymentconfig.apps.openshift.io/app (dry run)\n")
            && outcome.out.contains("nginx:1"),
        "{}",
        outcome.out
    );
    assert_eq!(server.calls(), [format!("POST {CONFIGS}/app/rollback")]);
}

#[tokio::test]
async fn where_nothing_is_rolled_out_nothing_is_cancelled() {
    let server = Server::new();
    server.on(&format!("GET {CONFIGS}/app"), 200, json!({}));
    server.on(CONTROLLERS, 200, json!({"items": [controller(2, "Complete", "")]}));
    let outcome = server.run("rollout cancel dc/app").await;
    assert_eq!(
        (outcome.out.as_str(), outcome.code),
        ("No rollout is in progress (latest rollout #2 complete)\n", 0)
    );
}

#[tokio::test]
async fn a_rollback_tells_the_number_that_the_server_counted() {
    let server = Server::new();
    let get = |name: &str| format!("GET /api/v1/namespaces/myproject/replicationcontrollers/{name}");
    server.on(&format!("GET {CONFIGS}/app"), 200, json!({}));
    server.on(&get("app-1"), 200, controller(1, "Complete", ""));
    let rolled_back = json!({"metadata": {"name": "app"}, "status": {"latestVersion": 3}});
    server.on(&format!("POST {CONFIGS}/app/rollback"), 201, rolled_back);
    server.on(&format!("PUT {CONFIGS}/app"), 200, json!({}));
    assert_eq!(
        server
            .run("rollback app --to-version=1 -o jsonpath={.status.latestVersion}")
            .await
            .out,
        "3"
    );
    assert!(!server.calls().iter().any(|call| call.starts_with("PUT")));
    assert_eq!(
        server.run("rollback app --to-version=1").await.out,
        "deploymentconfig.apps.openshift.io/app deployment #3 rolled back to app-1\n"
    );
    server.on(&get("app-9"), 404, crate::testing::status(404, "NotFound", "not found"));
    let outcome = server.run("rollback app --to-version=9").await;
    assert!(
        outcome
            .err
            .starts_with("error: couldn't find deployment for rollback\n"),
        "{}",
        outcome.err
    );
}
