use serde_json::{Value, json};

use super::builds::build;
use super::machine::Machine;

const BUILDS: &str = "/apis/build.openshift.io/v1/namespaces/ns/builds";
const BUILD: &str = "/apis/build.openshift.io/v1/namespaces/ns/builds/web-1";
const LOG: &str = "/apis/build.openshift.io/v1/namespaces/ns/builds/web-1/log";
const PODS: &str = "/api/v1/namespaces/ns/pods";
const POD_STATUS: &str = "/api/v1/namespaces/ns/pods/web-1-build/status";

async fn set_phase(machine: &Machine, phase: &str) {
    let (code, _) = machine
        .changed(BUILD, |build| build["status"]["phase"] = phase.into())
        .await;
    assert_eq!(code, 200);
}

/// The build pod, as the build controller makes it.
async fn make_pod(machine: &Machine) {
    let pod = json!({"metadata": {"name": "web-1-build"}, "spec": {"nodeName": "weir-builder", "restartPolicy": "Never",
        "initContainers": [{"name": "git-clone", "image": "b"}, {"name": "manage-dockerfile", "image": "b"}],
        "containers": [{"name": "docker-build", "image": "b"}]}});
    let (code, pod) = machine.call_as("system:weir:controllers", "POST", PODS, pod).await;
    assert_eq!(code, 201, "{pod}");
}

async fn set_pod(machine: &Machine, status: Value) {
    let (code, _) = machine.changed(POD_STATUS, |pod| pod["status"] = status).await;
    assert_eq!(code, 200);
}

fn ended(name: &str, code: i64) -> Value {
    json!({"name": name, "state": {"terminated": {"exitCode": code}}})
}

fn running(name: &str) -> Value {
    json!({"name": name, "state": {"running": {}}})
}

/// builds 49
#[tokio::test]
async fn a_client_that_does_not_wait_gets_nothing() {
    let machine = Machine::with_namespace().await;
    machine.created(BUILDS, build("web-1")).await;
    assert_eq!(machine.text(&format!("{LOG}?nowait=true")).await, (200, String::new()));
}

/// builds 50
#[tokio::test]
async fn builds_that_never_ran_say_why_there_is_no_log() {
    for (phase, message) in [
        ("Cancelled", "build web-1 was cancelled. No logs are available."),
        ("Error", "build web-1 is in an error state. No logs are available."),
    ] {
        let machine = Machine::with_namespace().await;
        machine.created(BUILDS, build("web-1")).await;
        set_phase(&machine, phase).await;
        let (code, refused) = machine.get(LOG).await;
        assert_eq!((code, refused["message"].as_str()), (400, Some(message)));
    }
}

/// builds 51
#[tokio::test]
async fn the_logs_of_all_containers_come_in_the_order_they_ran() {
    let machine = Machine::with_namespace().await;
    machine.created(BUILDS, build("web-1")).await;
    make_pod(&machine).await;
    set_phase(&machine, "Complete").await;
    set_pod(
        &machine,
        json!({"phase": "Succeeded", "initContainerStatuses": [ended("git-clone", 0), ended("manage-dockerfile", 0)],
            "containerStatuses": [ended("docker-build", 0)]}),
    )
    .await;
    for (container, text) in [
        ("git-clone", "Cloning\n"),
        ("manage-dockerfile", ""),
        ("docker-build", "STEP 1\n"),
    ] {
        machine.nodes.say(container, text);
    }
    assert_eq!(machine.text(LOG).await, (200, "Cloning\nSTEP 1\n".into()));
    assert_eq!(
        *machine.nodes.asked.lock().unwrap(),
        ["git-clone", "manage-dockerfile", "docker-build"]
            .map(|container| format!("weir-builder GET /containerLogs/ns/web-1-build/{container}?"))
    );
}

#[tokio::test]
async fn following_waits_for_the_build_and_for_each_container() {
    let machine = Machine::with_namespace().await;
    machine.created(BUILDS, build("web-1")).await;
    machine.nodes.say("git-clone", "Cloning\n");
    machine.nodes.say("docker-build", "STEP 1\n");
    let follow_log = format!("{LOG}?follow=true");
    let follow = async {
        let mut log = machine.follow(&follow_log).await;
        assert_eq!(log.next().await.as_deref(), Some("Cloning\n"));
        // Nothing more comes before the next container runs.
        let statuses = json!({"phase": "Running", "initContainerStatuses": [ended("git-clone", 0), ended("manage-dockerfile", 0)],
            "containerStatuses": [running("docker-build")]});
        set_pod(&machine, statuses).await;
        let mut rest = String::new();
        while let Some(piece) = log.next().await {
            rest.push_str(&piece);
        }
        assert_eq!(rest, "log of /containerLogs/ns/web-1-build/manage-dockerfile\nSTEP 1\n");
    };
    let start = async {
        make_pod(&machine).await;
        set_phase(&machine, "Pending").await;
        set_pod(
            &machine,
            json!({"phase": "Pending", "initContainerStatuses": [running("git-clone")]}),
        )
        .await;
        set_phase(&machine, "Running").await;
    };
    tokio::join!(follow, start);
}

#[tokio::test]
async fn a_failed_container_ends_the_log() {
    let machine = Machine::with_namespace().await;
    machine.created(BUILDS, build("web-1")).await;
    make_pod(&machine).await;
    set_phase(&machine, "Failed").await;
    set_pod(
        &machine,
        json!({"phase": "Failed", "initContainerStatuses": [ended("git-clone", 1)]}),
    )
    .await;
    machine.nodes.say("git-clone", "fatal: not found\n");
    assert_eq!(
        machine.text(&format!("{LOG}?follow=true")).await,
        (200, "fatal: not found\n".into())
    );
}

#[tokio::test]
async fn a_build_that_is_cancelled_while_somebody_waits_is_told() {
    let machine = Machine::with_namespace().await;
    machine.created(BUILDS, build("web-1")).await;
    let follow_log = format!("{LOG}?follow=true");
    let (answer, ()) = tokio::join!(machine.get(&follow_log), set_phase(&machine, "Cancelled"));
    assert_eq!(answer.0, 400);
    assert!(
        answer.1["message"]
            .as_str()
            .unwrap()
            .starts_with("build web-1 was cancelled"),
        "{}",
        answer.1
    );
}

#[tokio::test]
async fn a_pod_that_is_gone_takes_the_log_with_it() {
    let machine = Machine::with_namespace().await;
    machine.created(BUILDS, build("web-1")).await;
    set_phase(&machine, "Complete").await;
    let (code, refused) = machine.get(LOG).await;
    assert_eq!(
        (code, refused["message"].as_str()),
        (400, Some("pods \"web-1-build\" not found"))
    );
}

#[tokio::test]
async fn the_previous_build_is_the_one_before() {
    let machine = Machine::with_namespace().await;
    machine.created(BUILDS, build("web-1")).await;
    machine.created(BUILDS, build("web-2")).await;
    make_pod(&machine).await;
    set_phase(&machine, "Complete").await;
    set_pod(
        &machine,
        json!({"phase": "Succeeded", "containerStatuses": [ended("docker-build", 0)]}),
    )
    .await;
    machine.nodes.say("docker-build", "first\n");
    let log = "/apis/build.openshift.io/v1/namespaces/ns/builds/web-2/log?previous=true";
    assert_eq!(machine.text(log).await, (200, "first\n".into()));
    let (code, _) = machine.get(&format!("{LOG}?version=0")).await;
    assert_eq!(code, 422);
}
