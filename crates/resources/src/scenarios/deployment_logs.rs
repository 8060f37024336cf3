use serde_json::json;

use super::deployment_configs::{CONFIG, make, make_controller};
use super::machine::Machine;

const CONTROLLER: &str = "/api/v1/namespaces/ns/replicationcontrollers/web-1";

async fn rolled_out(phase: &str) -> Machine {
    let machine = Machine::with_namespace().await;
    make(&machine, json!(null)).await;
    machine
        .changed(CONFIG, |config| config["status"]["latestVersion"] = json!(1))
        .await;
    make_controller(&machine, 1, phase).await;
    machine
}

async fn say(machine: &Machine, phase: &str, log: &str) {
    let (code, _) = machine
        .changed(CONTROLLER, |controller| {
            controller["metadata"]["annotations"]["openshift.io/deployment.phase"] = phase.into();
            controller["metadata"]["annotations"]["weir.dev/deployment.log"] = log.into();
        })
        .await;
    assert_eq!(code, 200);
}

#[tokio::test]
async fn there_is_no_log_before_the_first_rollout() {
    let machine = Machine::with_namespace().await;
    make(&machine, json!([])).await;
    let (code, refused) = machine.get(&format!("{CONFIG}/log")).await;
    assert_eq!(
        (code, refused["message"].as_str()),
        (400, Some("no deployment exists for deploymentConfig \"web\""))
    );
}

#[tokio::test]
async fn a_rollout_that_failed_tells_how() {
    let machine = rolled_out("Pending").await;
    assert_eq!(
        machine.text(&format!("{CONFIG}/log?nowait=true")).await,
        (200, String::new())
    );
    say(&machine, "Failed", "--> Scaling web-1 to 1\nerror: timed out\n").await;
    let all = "--> Scaling web-1 to 1\nerror: timed out\n";
    assert_eq!(
        machine.text(&format!("{CONFIG}/log?follow=true")).await,
        (200, all.into())
    );
    assert_eq!(
        machine.text(&format!("{CONFIG}/log?tailLines=1")).await,
        (200, "error: timed out\n".into())
    );
    let (code, refused) = machine.get(&format!("{CONFIG}/log?version=2")).await;
    assert_eq!(
        (code, refused["message"].as_str()),
        (400, Some("invalid version for deploymentConfig \"web\": 2"))
    );
}

#[tokio::test]
async fn following_shows_each_line_once_until_the_rollout_ends() {
    let machine = rolled_out("New").await;
    let follow_log = format!("{CONFIG}/log?follow=true");
    let follow = async {
        let mut log = machine.follow(&follow_log).await;
        assert_eq!(log.next().await.as_deref(), Some("--> Scaling web-1 to 1\n"));
        say(&machine, "Running", "--> Scaling web-1 to 1\n--> Waiting\n").await;
        assert_eq!(log.next().await.as_deref(), Some("--> Waiting\n"));
        say(
            &machine,
            "Complete",
            "--> Scaling web-1 to 1\n--> Waiting\n--> Success\n",
        )
        .await;
        assert_eq!(log.next().await.as_deref(), Some("--> Success\n"));
        assert_eq!(log.next().await, None);
    };
    let start = say(&machine, "Running", "--> Scaling web-1 to 1\n");
    tokio::join!(follow, start);
}

/// builds 119
#[tokio::test]
async fn after_a_complete_rollout_the_application_speaks() {
    let machine = rolled_out("Complete").await;
    let (code, refused) = machine.get(&format!("{CONFIG}/log")).await;
    assert_eq!(code, 400, "{refused}");
    let labels = json!({"app": "web", "deployment": "web-1", "deploymentconfig": "web"});
    for (name, phase) in [("web-1-a", "Failed"), ("web-1-b", "Running")] {
        let pod = json!({"metadata": {"name": name, "labels": labels},
            "spec": {"nodeName": "host", "containers": [{"name": "c", "image": "i"}]}});
        machine.created("/api/v1/namespaces/ns/pods", pod).await;
        let status = format!("/api/v1/namespaces/ns/pods/{name}/status");
        machine
            .changed(&status, |pod| pod["status"]["phase"] = phase.into())
            .await;
    }
    machine.nodes.say("c", "listening\n");
    assert_eq!(
        machine.text(&format!("{CONFIG}/log")).await,
        (200, "listening\n".into())
    );
    assert_eq!(
        *machine.nodes.asked.lock().unwrap(),
        ["host GET /containerLogs/ns/web-1-b/c?"]
    );
}
