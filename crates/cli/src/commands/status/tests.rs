use serde_json::{Value, json};

use super::graph::Project;
use super::lines::render;
use crate::testing::{Server, now};

fn object(kind: &str, name: &str, labels: Value, rest: Value) -> Value {
    let mut object = rest;
    object["kind"] = kind.into();
    object["metadata"]["name"] = name.into();
    object["metadata"]["namespace"] = "myproject".into();
    object["metadata"]["labels"] = labels;
    object
}

fn project() -> Project {
    let created = |at: &str| json!({ "creationTimestamp": format!("2026-11-23T03:{at}Z") });
    let deployment = object(
        "DeploymentConfig",
        "node-app",
        json!({}),
        json!({"spec": {
            "triggers": [{"type": "ImageChange", "imageChangeParams": {"from": {"kind": "ImageStreamTag", "name": "node-build:latest", "namespace": "myproject"}}}],
            "template": {"metadata": {"labels": {"deployment-config.name": "node-app"}}, "spec": {"containers": [{"image": "x"}]}},
        }}),
    );
    let config = object(
        "BuildConfig",
        "node-build",
        json!({}),
        json!({"spec": {
            "source": {"git": {"uri": "http://h/nodejs-ex.git"}},
            "strategy": {"type": "Source", "sourceStrategy": {"from": {"kind": "ImageStreamTag", "name": "nodejs:22", "namespace": "openshift"}}},
            "output": {"to": {"kind": "ImageStreamTag", "name": "node-build:latest"}},
        }}),
    );
    let controller = |version: &str, phase: &str, replicas: i64, at: &str| {
        let mut metadata = created(at);
        metadata["annotations"] = json!({"openshift.io/deployment-config.latest-version": version, "openshift.io/deployment.phase": phase,
            "openshift.io/deployment.status-reason": "image change"});
        let labels = json!({"openshift.io/deployment-config.name": "node-app"});
        object(
            "ReplicationController",
            &format!("node-app-{version}"),
            labels,
            json!({"metadata": metadata, "spec": {"replicas": replicas}, "status": {"readyReplicas": replicas}}),
        )
    };
    let build = |number: &str, phase: &str| {
        let mut metadata = created("19:50");
        metadata["annotations"] = json!({"openshift.io/build.number": number});
        object(
            "Build",
            &format!("node-build-{number}"),
            json!({"openshift.io/build-config.name": "node-build"}),
            json!({"metadata": metadata, "status": {"phase": phase}}),
        )
    };
    Project {
        deployments: vec![deployment],
        controllers: vec![
            controller("1", "Failed", 0, "18:00"),
            controller("2", "Complete", 1, "19:54"),
        ],
        builds: vec![build("1", "Complete"), build("2", "Running")],
        configs: vec![config],
        streams: vec![object(
            "ImageStream",
            "node-build",
            json!({}),
            json!({"status": {"tags": [{"tag": "latest", "items": [{}]}]}}),
        )],
        ..Project::default()
    }
}

#[test]
fn a_deployment_shows_what_builds_its_image_and_how_it_was_rolled_out() {
    assert_eq!(
        render(&project(), now()),
        "dc/node-app deploys istag/node-build:latest <-
  bc/node-build source builds http://h/nodejs-ex.git on openshift/nodejs:22 
    build #2 running for 10 seconds
  deployment #2 deployed 6 seconds ago - 1 pod
  deployment #1 failed 2 minutes ago: image change

"
    );
}

#[test]
fn a_service_leads_to_its_deployment() {
    let mut project = project();
    project.configs.clear();
    let spec = json!({"selector": {"deployment-config.name": "node-app"}, "clusterIP": "10.0.0.7", "ports": [{"port": 80, "targetPort": 8080}]});
    project.services = vec![object("Service", "node-app", json!({}), json!({ "spec": spec }))];
    let text = render(&project, now());
    assert!(
        text.starts_with(
            "svc/node-app - 10.0.0.7:80 -> 8080\n  dc/node-app deploys istag/node-build:latest\n    deployment #2"
        ),
        "{text}"
    );
}

#[test]
fn a_tag_without_an_image_is_marked() {
    let mut project = project();
    project.streams.clear();
    assert!(render(&project, now()).starts_with("dc/node-app deploys istag/node-build:latest (no image yet) <-\n"));
}

#[test]
fn builds_that_nothing_deploys_stand_alone() {
    let mut project = project();
    project.deployments.clear();
    assert_eq!(
        render(&project, now()),
        "bc/node-build source builds http://h/nodejs-ex.git on openshift/nodejs:22 -> istag/node-build:latest\n  build #1 succeeded 10 seconds ago\n\n"
    );
}

#[test]
fn a_commit_is_shown_with_as_much_as_is_known_of_it() {
    for (revision, shown) in [
        (json!({}), ""),
        (json!({"commit": "8dca215bb8bd"}), " - 8dca215"),
        (
            json!({"commit": "8dca215bb8bd", "message": "first\nmore"}),
            " - 8dca215: first",
        ),
        (
            json!({"commit": "8dca215bb8bd", "message": "first", "author": {"name": "A"}}),
            " - 8dca215: first (A)",
        ),
    ] {
        let mut project = project();
        project.deployments.clear();
        project.builds[0]["spec"] = json!({"revision": {"git": revision}});
        let text = render(&project, now());
        let expected = format!("  build #1 succeeded 10 seconds ago{shown}\n");
        assert!(text.contains(&expected), "{text}");
    }
}

#[tokio::test]
async fn an_empty_project_says_how_to_begin() {
    let server = Server::new();
    server.on("GET /api/v1/namespaces/myproject", 200, json!({}));
    let outcome = server.run("status").await;
    assert!(
        outcome
            .out
            .starts_with("In project myproject on server https://127.0.0.1:8443\n\nYou have no services"),
        "{}",
        outcome.out
    );
    assert!(outcome.out.contains("weir new-build"), "{}", outcome.out);
}
