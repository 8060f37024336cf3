use serde_json::{Value, json};

use super::machine::Machine;

const BUILDS: &str = "/apis/build.openshift.io/v1/namespaces/ns/builds";
const BUILD: &str = "/apis/build.openshift.io/v1/namespaces/ns/builds/web-1";

pub(super) fn build(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "annotations": {"openshift.io/build-config.name": "web", "openshift.io/build.number": name.rsplit('-').next()}},
        "spec": {"source": {"dockerfile": "FROM scratch"}, "strategy": {"dockerStrategy": {}}},
    })
}

async fn set_phase(machine: &Machine, phase: &str, reason: &str) -> Value {
    let (code, build) = machine
        .changed(BUILD, |build| {
            build["status"]["phase"] = phase.into();
            build["status"]["reason"] = reason.into();
        })
        .await;
    assert_eq!(code, 200, "{build}");
    build
}

#[tokio::test]
async fn a_lone_build_begins_as_new() {
    let machine = Machine::with_namespace().await;
    let made = machine.created(BUILDS, build("web-1")).await;
    assert_eq!(made["status"]["phase"], "New");
    assert_eq!(made["status"]["conditions"][0]["type"], "New");
    assert_eq!(made["status"]["conditions"][0]["status"], "True");
}

/// builds 30
#[tokio::test]
async fn a_build_says_for_ever_what_was_built() {
    let machine = Machine::with_namespace().await;
    machine.created(BUILDS, build("web-1")).await;
    let (code, refused) = machine
        .changed(BUILD, |build| {
            build["spec"]["source"]["dockerfile"] = "FROM other".into()
        })
        .await;
    let cause = &refused["details"]["causes"][0];
    assert_eq!((code, cause["field"].as_str()), (422, Some("spec")));
    assert!(
        cause["message"]
            .as_str()
            .unwrap()
            .contains("spec is immutable, diff: spec.source"),
        "{cause}"
    );
    let (code, _) = machine
        .changed(BUILD, |build| {
            build["spec"]["output"]["pushSecret"] = json!({"name": "s"})
        })
        .await;
    assert_eq!(code, 200, "the secret to push with may be found later");
}

/// builds 31
#[tokio::test]
async fn a_build_that_ended_stays_ended() {
    let machine = Machine::with_namespace().await;
    machine.created(BUILDS, build("web-1")).await;
    let ended = set_phase(&machine, "Complete", "").await;
    let conditions: Vec<String> = ended["status"]["conditions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|condition| {
            format!(
                "{}={}",
                condition["type"].as_str().unwrap(),
                condition["status"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(conditions, ["New=False", "Complete=True"]);
    let (code, refused) = machine
        .changed(BUILD, |build| build["status"]["phase"] = "Running".into())
        .await;
    assert_eq!(
        (code, refused["details"]["causes"][0]["field"].as_str()),
        (422, Some("status.phase"))
    );
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .ends_with("phase cannot be updated from a terminal state")
    );
}

/// builds 32
#[tokio::test]
async fn builds_are_selected_by_phase_and_pod() {
    let machine = Machine::with_namespace().await;
    machine.created(BUILDS, build("web-1")).await;
    machine.created(BUILDS, build("web-2")).await;
    set_phase(&machine, "Running", "").await;
    let names = |list: Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|item| item["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names(machine.found(&format!("{BUILDS}?fieldSelector=status%3DRunning")).await),
        ["web-1"]
    );
    assert_eq!(
        names(
            machine
                .found(&format!("{BUILDS}?fieldSelector=podName%3Dweb-2-build"))
                .await
        ),
        ["web-2"]
    );
}

/// builds 75
#[tokio::test]
async fn the_first_reason_of_a_failure_stays_unless_memory_ran_out() {
    let machine = Machine::with_namespace().await;
    machine.created(BUILDS, build("web-1")).await;
    set_phase(&machine, "Failed", "FetchSourceFailed").await;
    assert_eq!(
        set_phase(&machine, "Failed", "GenericBuildFailed").await["status"]["reason"],
        "FetchSourceFailed"
    );
    assert_eq!(
        set_phase(&machine, "Failed", "OutOfMemoryKilled").await["status"]["reason"],
        "OutOfMemoryKilled"
    );
}

#[tokio::test]
async fn the_builders_report_is_taken_and_nothing_more() {
    let machine = Machine::with_namespace().await;
    machine.created(BUILDS, build("web-1")).await;
    set_phase(&machine, "Running", "").await;
    let mut report = machine.found(BUILD).await;
    report["metadata"]["labels"] = json!({"a": "b"});
    report["spec"]["revision"] = json!({"git": {"commit": "c"}});
    report["status"]["phase"] = json!("Failed");
    report["status"]["reason"] = json!("DockerBuildFailed");
    report["status"]["cancelled"] = json!(true);
    report["status"]["stages"] = json!([{"name": "Build", "durationMilliseconds": 5}]);
    let (code, taken) = machine.put(&format!("{BUILD}/details"), report).await;
    assert_eq!(code, 200, "{taken}");
    assert_eq!(
        (&taken["status"]["phase"], &taken["status"]["reason"]),
        (&json!("Failed"), &json!("DockerBuildFailed"))
    );
    assert_eq!(
        taken["spec"]["revision"],
        json!({"type": "Git", "git": {"commit": "c"}})
    );
    assert_eq!(taken["status"].get("cancelled"), None);
    assert_eq!(taken["metadata"].get("labels"), None);
    assert_eq!(taken["status"]["conditions"].as_array().unwrap().len(), 3);
    let mut late = taken;
    late["metadata"]["resourceVersion"] = json!("");
    late["status"]["phase"] = json!("Complete");
    assert_eq!(machine.put(&format!("{BUILD}/details"), late).await.0, 422);
}

/// builds 45
#[tokio::test]
async fn a_clone_is_the_same_build_again() {
    let machine = Machine::with_namespace().await;
    let mut original = build("web-1");
    original["metadata"]["annotations"]["openshift.io/build.pod-name"] = json!("web-1-build");
    machine.created(BUILDS, original).await;
    let clone = machine
        .created(&format!("{BUILD}/clone"), json!({"metadata": {"name": "web-1"}}))
        .await;
    assert_eq!(clone["metadata"]["annotations"]["openshift.io/build.clone-of"], "web-1");
    assert_eq!(
        clone["metadata"]["annotations"].get("openshift.io/build.pod-name"),
        None
    );
    assert!(clone["metadata"]["name"].as_str().unwrap().starts_with("web-1-"));
    assert_eq!(clone["status"]["phase"], "New");
}

#[tokio::test]
async fn cancelling_is_a_write_of_the_build_itself() {
    let machine = Machine::with_namespace().await;
    machine.created(BUILDS, build("web-1")).await;
    let (code, cancelled) = machine
        .changed(BUILD, |build| build["status"]["cancelled"] = json!(true))
        .await;
    assert_eq!((code, &cancelled["status"]["cancelled"]), (200, &json!(true)));
}

#[tokio::test]
async fn an_empty_list_may_be_written_as_nothing() {
    let machine = Machine::with_namespace().await;
    let mut first = build("web-1");
    first["spec"]["triggeredBy"] = json!([]);
    machine.created(BUILDS, first).await;
    let (code, answer) = machine
        .changed(BUILD, |build| {
            build["spec"]["triggeredBy"] = json!(null);
            build["status"]["cancelled"] = json!(true);
        })
        .await;
    assert_eq!(code, 200, "{answer}");
}
