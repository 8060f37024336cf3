use serde_json::{Value, json};

use super::machine::Machine;

const PODS: &str = "/api/v1/namespaces/ns/pods";
const POD: &str = "/api/v1/namespaces/ns/pods/web";

fn pod() -> Value {
    json!({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}})
}

async fn placed(machine: &Machine) {
    machine.created(PODS, pod()).await;
    machine
        .created(
            &format!("{POD}/binding"),
            json!({"metadata": {"name": "web"}, "target": {"kind": "Node", "name": "host"}}),
        )
        .await;
}

async fn set_phase(machine: &Machine, phase: &str) {
    let (code, _) = machine
        .changed(&format!("{POD}/status"), |pod| pod["status"]["phase"] = phase.into())
        .await;
    assert_eq!(code, 200);
}

async fn set_running(machine: &Machine) {
    let running = json!([{"name": "c", "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}]);
    let (code, _) = machine
        .changed(&format!("{POD}/status"), |pod| {
            pod["status"]["containerStatuses"] = running.clone()
        })
        .await;
    assert_eq!(code, 200);
}

#[tokio::test]
async fn a_new_pod_is_filled_and_pending() {
    let machine = Machine::with_namespace().await;
    let mut wish = pod();
    wish["status"] = json!({"phase": "Running"});
    let made = machine.created(PODS, wish).await;
    assert_eq!(made["status"], json!({"phase": "Pending", "qosClass": "BestEffort"}));
    for (field, value) in [
        ("restartPolicy", json!("Always")),
        ("terminationGracePeriodSeconds", json!(30)),
        ("dnsPolicy", json!("ClusterFirst")),
        ("serviceAccountName", json!("default")),
    ] {
        assert_eq!(made["spec"][field], value, "{field}");
    }
    assert_eq!(made["spec"]["containers"][0]["imagePullPolicy"], "IfNotPresent");
}

#[tokio::test]
async fn a_pod_gets_no_way_to_the_machine() {
    let machine = Machine::with_namespace().await;
    for (path, value) in [
        ("/spec/hostNetwork", json!(true)),
        ("/spec/hostPID", json!(true)),
        ("/spec/volumes", json!([{"name": "v", "hostPath": {"path": "/"}}])),
        ("/spec/containers/0/securityContext", json!({"privileged": true})),
    ] {
        let mut wish = pod();
        let keys: Vec<&str> = path.split('/').skip(1).collect();
        match keys.as_slice() {
            ["spec", "containers", "0", field] => wish["spec"]["containers"][0][*field] = value,
            keys => crate::json::put(&mut wish, keys, value),
        }
        let (code, refused) = machine.post(PODS, wish).await;
        assert_eq!(
            (code, refused["details"]["causes"][0]["reason"].as_str()),
            (422, Some("FieldValueForbidden")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn only_the_build_controller_puts_pods_on_the_builder() {
    let machine = Machine::with_namespace().await;
    let mut wish = pod();
    wish["spec"]["nodeName"] = json!("weir-builder");
    let (code, refused) = machine.post(PODS, wish.clone()).await;
    assert_eq!((code, refused["reason"].as_str()), (403, Some("Forbidden")));
    let (code, _) = machine.call_as("system:weir:controllers", "POST", PODS, wish).await;
    assert_eq!(code, 201);
}

#[tokio::test]
async fn a_pod_on_no_node_goes_at_once_and_one_that_runs_gets_time() {
    let machine = Machine::with_namespace().await;
    machine.created(PODS, pod()).await;
    assert_eq!(machine.delete(POD).await.0, 200);
    assert_eq!(machine.get(POD).await.0, 404);
    placed(&machine).await;
    set_phase(&machine, "Running").await;
    let (code, ending) = machine.delete(POD).await;
    assert_eq!(
        (code, &ending["metadata"]["deletionGracePeriodSeconds"]),
        (200, &json!(30)),
        "{ending}"
    );
    assert_eq!(machine.table(PODS).await[0][2], "Terminating");
    assert_eq!(machine.delete(&format!("{POD}?gracePeriodSeconds=0")).await.0, 200);
    assert_eq!(machine.get(POD).await.0, 404);
    placed(&machine).await;
    set_phase(&machine, "Succeeded").await;
    machine.delete(POD).await;
    assert_eq!(machine.get(POD).await.0, 404, "nothing of it runs any more");
}

#[tokio::test]
async fn a_pod_keeps_its_spec() {
    let machine = Machine::with_namespace().await;
    placed(&machine).await;
    let (code, refused) = machine
        .changed(POD, |pod| pod["spec"]["restartPolicy"] = "Never".into())
        .await;
    assert_eq!(
        (code, refused["details"]["causes"][0]["field"].as_str()),
        (422, Some("spec"))
    );
    let (code, _) = machine
        .changed(POD, |pod| pod["spec"]["containers"][0]["image"] = "i:2".into())
        .await;
    assert_eq!(code, 200);
    let (code, unchanged) = machine
        .changed(POD, |pod| pod["status"] = json!({"phase": "Failed"}))
        .await;
    assert_eq!((code, &unchanged["status"]["phase"]), (200, &json!("Pending")));
    let taken = json!({"metadata": {"name": "web"}, "target": {"kind": "Node", "name": "other"}});
    assert_eq!(machine.post(&format!("{POD}/binding"), taken).await.0, 409);
}

#[tokio::test]
async fn logs_come_from_the_node() {
    let machine = Machine::with_namespace().await;
    machine.created(PODS, pod()).await;
    assert_eq!(
        machine.text(&format!("{POD}/log")).await,
        (200, String::new()),
        "no node has it yet"
    );
    machine.delete(POD).await;
    placed(&machine).await;
    set_running(&machine).await;
    machine.nodes.say("c", "hello\n");
    assert_eq!(
        machine
            .text(&format!(
                "{POD}/log?tailLines=10&follow=true&insecureSkipTLSVerifyBackend=true"
            ))
            .await,
        (200, "hello\n".into())
    );
    assert_eq!(
        *machine.nodes.asked.lock().unwrap(),
        ["host GET /containerLogs/ns/web/c?tailLines=10&follow=true"]
    );
    let (code, refused) = machine.get(&format!("{POD}/log?container=x")).await;
    assert_eq!(
        (code, refused["message"].as_str()),
        (400, Some("container x is not valid for pod web"))
    );
    let (code, refused) = machine.get(&format!("{POD}/log?tailLines=-1&limitBytes=0")).await;
    assert_eq!(
        (code, refused["details"]["causes"].as_array().map(Vec::len)),
        (422, Some(2)),
        "{refused}"
    );
}

#[tokio::test]
async fn who_follows_a_log_waits_for_the_container_to_start() {
    let machine = Machine::with_namespace().await;
    machine.created(PODS, pod()).await;
    machine.nodes.say("c", "hello\n");
    let follow = format!("{POD}/log?follow=true");
    let start = async {
        let bind = json!({"metadata": {"name": "web"}, "target": {"kind": "Node", "name": "host"}});
        machine.created(&format!("{POD}/binding"), bind).await;
        set_running(&machine).await;
    };
    let (followed, ()) = tokio::join!(machine.text(&follow), start);
    assert_eq!(followed, (200, "hello\n".into()));
}

#[tokio::test]
async fn a_pod_that_goes_before_it_starts_has_no_log() {
    let machine = Machine::with_namespace().await;
    machine.created(PODS, pod()).await;
    let follow = format!("{POD}/log?follow=true");
    let (followed, _) = tokio::join!(machine.get(&follow), machine.delete(POD));
    assert_eq!(followed.0, 404, "{}", followed.1);
}

#[tokio::test]
async fn exec_is_handed_to_the_node_with_its_command() {
    let machine = Machine::with_namespace().await;
    placed(&machine).await;
    let path = format!("{POD}/exec?command=sh&command=-c&command=echo+%26&stdin=true&stdout=true&container=c");
    assert_eq!(machine.text(&path).await.0, 200);
    assert_eq!(
        *machine.nodes.asked.lock().unwrap(),
        ["host GET /exec/ns/web/c?command=sh&command=-c&command=echo+%26&stdin=true&stdout=true"]
    );
    assert_eq!(
        machine.get(&format!("{POD}/exec?container=c")).await.0,
        400,
        "no command"
    );
    set_phase(&machine, "Succeeded").await;
    let (code, refused) = machine.get(&path).await;
    assert_eq!(
        (code, refused["message"].as_str()),
        (
            400,
            Some("cannot exec into a container in a completed pod; current phase is Succeeded")
        )
    );
}

#[tokio::test]
async fn a_node_that_is_not_there_is_named() {
    let machine = Machine::with_namespace().await;
    let mut wish = pod();
    wish["spec"]["nodeName"] = json!("gone");
    machine.created(PODS, wish).await;
    let (code, refused) = machine.get(&format!("{POD}/log")).await;
    assert_eq!(code, 503);
    assert!(
        refused["message"].as_str().unwrap().contains("node \"gone\""),
        "{refused}"
    );
}

#[tokio::test]
async fn pods_are_selected_by_node_and_phase() {
    let machine = Machine::with_namespace().await;
    placed(&machine).await;
    let count = |list: Value| list["items"].as_array().unwrap().len();
    assert_eq!(
        count(machine.found("/api/v1/pods?fieldSelector=spec.nodeName%3Dhost").await),
        1
    );
    assert_eq!(
        count(
            machine
                .found("/api/v1/pods?fieldSelector=spec.nodeName%21%3Dhost")
                .await
        ),
        0
    );
    assert_eq!(
        count(machine.found("/api/v1/pods?fieldSelector=status.phase%3DPending").await),
        1
    );
}
