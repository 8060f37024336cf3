use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};
use weir_api::build::{Build, BuildConfig, BuildPhase};
use weir_api::image::ImageStream;

use crate::machine::{HOST, Machine, NAMESPACE};

fn config(policy: &str, triggers: Value) -> Value {
    json!({
        "metadata": {"name": "app"},
        "spec": {
            "runPolicy": policy,
            "triggers": triggers,
            "source": {"git": {"uri": "https://git.test/app.git"}},
            "strategy": {"sourceStrategy": {"from": {"kind": "ImageStreamTag", "name": "nodejs:latest"}}},
            "output": {"to": {"kind": "ImageStreamTag", "name": "app:latest"}},
        },
    })
}

/// A machine with a builder image, an output stream and the config.
async fn prepared(config: Value) -> Machine {
    let machine = Machine::start().await;
    machine.push("nodejs", "latest", '1').await;
    machine
        .create::<ImageStream>(json!({"metadata": {"name": "app"}}))
        .await;
    machine.create::<BuildConfig>(config).await;
    machine
}

async fn instantiate(machine: &Machine) {
    let path = format!("/apis/build.openshift.io/v1/namespaces/{NAMESPACE}/buildconfigs/app/instantiate");
    machine
        .post(&path, json!({"kind": "BuildRequest", "metadata": {"name": "app"}}))
        .await;
}

async fn phase(machine: &Machine, build: &str, phase: BuildPhase) -> Build {
    machine
        .until(build, phase.as_str(), |build: &Build| build.status.phase == phase)
        .await
}

/// Plays the builder: sets the state of the build's containers.
async fn builder_says(machine: &Machine, build: &str, pod_phase: &str, state: Value) {
    let container =
        json!({"name": "sti-build", "ready": false, "restartCount": 0, "image": "", "imageID": "", "state": state});
    let status =
        json!({"status": {"phase": pod_phase, "startTime": "2026-01-02T03:04:05Z", "containerStatuses": [container]}});
    machine.merge_status::<Pod>(&format!("{build}-build"), status).await;
}

async fn succeed(machine: &Machine, build: &str) {
    builder_says(machine, build, "Succeeded", json!({"terminated": {"exitCode": 0}})).await;
    phase(machine, build, BuildPhase::Complete).await;
}

fn phases(builds: &[Build]) -> Vec<(String, BuildPhase)> {
    let mut phases: Vec<_> = builds
        .iter()
        .map(|build| (build.metadata.name.clone().unwrap_or_default(), build.status.phase))
        .collect();
    phases.sort_by(|a, b| a.0.cmp(&b.0));
    phases
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_config_with_both_triggers_gets_exactly_one_first_build() {
    let machine = prepared(config(
        "Serial",
        json!([{"type": "ConfigChange"}, {"type": "ImageChange", "imageChange": {}}]),
    ))
    .await;
    phase(&machine, "app-1", BuildPhase::Pending).await;
    succeed(&machine, "app-1").await;
    machine
        .merge::<BuildConfig>("app", json!({"metadata": {"labels": {"a": "b"}}}))
        .await;
    machine.push("nodejs", "other", '2').await;
    machine.push("nodejs", "latest", '3').await;
    let second = phase(&machine, "app-2", BuildPhase::Pending).await;
    let cause = &second.spec.triggered_by[0];
    assert_eq!(cause.message, "Image change");
    assert_eq!(machine.list::<Build>().await.len(), 2);
    let config = machine.get::<BuildConfig>("app").await;
    let recorded = &config.status.image_change_triggers[0];
    assert!(recorded.last_triggered_image_id.ends_with(&"3".repeat(64)) && recorded.last_trigger_time.is_some());
    let told = machine.reasons("app").await;
    assert!(told.iter().all(|reason| !reason.ends_with("Failed")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_follows_its_pod_to_the_end() {
    let machine = prepared(config("Serial", json!([{"type": "ConfigChange"}]))).await;
    let build = phase(&machine, "app-1", BuildPhase::Pending).await;
    assert_eq!(
        build.status.output_docker_image_reference,
        format!("{HOST}/ns/app:latest")
    );
    let annotations = build.metadata.annotations.expect("annotations");
    assert_eq!(
        annotations.get("openshift.io/build.pod-name").map(String::as_str),
        Some("app-1-build")
    );

    let pod = machine.get::<Pod>("app-1-build").await;
    let spec = pod.spec.expect("a spec");
    assert_eq!(spec.node_name.as_deref(), Some("weir-builder"));
    assert_eq!(spec.service_account_name.as_deref(), Some("builder"));
    assert_eq!(spec.restart_policy.as_deref(), Some("Never"));
    let variables = spec.containers[0].env.clone().expect("variables");
    let encoded = variables
        .iter()
        .find(|variable| variable.name == "BUILD")
        .and_then(|variable| variable.value.clone());
    let encoded: Value = serde_json::from_str(&encoded.expect("the build")).expect("JSON");
    assert_eq!(
        encoded["spec"]["output"]["to"],
        json!({"kind": "DockerImage", "name": format!("{HOST}/ns/app:latest")})
    );
    assert_eq!(
        encoded["spec"]["strategy"]["sourceStrategy"]["from"]["kind"],
        "DockerImage"
    );

    builder_says(&machine, "app-1", "Running", json!({"running": {}})).await;
    let running = phase(&machine, "app-1", BuildPhase::Running).await;
    assert_eq!(
        running.status.start_timestamp.map(|time| time.0.to_string()).as_deref(),
        Some("2026-01-02T03:04:05Z")
    );
    succeed(&machine, "app-1").await;
    let done = machine
        .until("app-1", "with its times", |build: &Build| {
            build.status.completion_timestamp.is_some()
        })
        .await;
    assert!(done.status.duration > 0 && done.status.duration % 1_000_000_000 == 0);
    let conditions: Vec<_> = done
        .status
        .conditions
        .iter()
        .map(|condition| format!("{} {}", condition.r#type, condition.status))
        .collect();
    assert_eq!(
        conditions,
        ["New False", "Pending False", "Running False", "Complete True"]
    );
    for reason in ["BuildStarted", "BuildCompleted"] {
        machine.until_told("app-1", reason).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_waits_for_its_output_stream_and_starts_when_it_appears() {
    let machine = Machine::start().await;
    machine.push("nodejs", "latest", '1').await;
    machine
        .create::<BuildConfig>(config("Serial", json!([{"type": "ConfigChange"}])))
        .await;
    let waiting = machine
        .until("app-1", "waiting", |build: &Build| !build.status.reason.is_empty())
        .await;
    assert_eq!(waiting.status.phase, BuildPhase::New);
    assert_eq!(waiting.status.reason, "InvalidOutputReference");
    assert_eq!(waiting.status.message, "Output image could not be resolved.");
    machine
        .create::<ImageStream>(json!({"metadata": {"name": "app"}}))
        .await;
    let started = phase(&machine, "app-1", BuildPhase::Pending).await;
    assert_eq!(
        (started.status.reason.as_str(), started.status.message.as_str()),
        ("", "")
    );
}

/// builds 69
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_binary_build_does_not_wait_for_what_is_missing() {
    let machine = Machine::start().await;
    let missing_output = json!({"output": {"to": {"kind": "ImageStreamTag", "name": "app:latest"}}});
    let missing_secret = json!({"source": {"binary": {}, "secrets": [{"secret": {"name": "npm"}}]}});
    let unsupported = json!({"strategy": {"customStrategy": {"from": {"kind": "DockerImage", "name": "a/b"}}}});
    let table = [
        (
            missing_output,
            "InvalidOutputReference",
            "Output image could not be resolved.",
        ),
        (
            missing_secret,
            "GenericBuildFailed",
            "These resources do not exist: Secrets [npm]",
        ),
        (unsupported, "CannotCreateBuildPodSpec", "Failed to create pod spec."),
    ];
    for (index, (change, reason, message)) in table.into_iter().enumerate() {
        let name = format!("lone-{index}");
        let mut spec = json!({"source": {"binary": {}}, "strategy": {"dockerStrategy": {}}});
        spec.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        machine
            .create::<Build>(json!({"metadata": {"name": name}, "spec": spec}))
            .await;
        let failed = phase(&machine, &name, BuildPhase::Failed).await;
        assert_eq!(failed.status.reason, reason);
        assert!(failed.status.message.starts_with(message), "{}", failed.status.message);
        machine
            .until(&name, "with its end", |build: &Build| {
                build.status.completion_timestamp.is_some()
            })
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serial_builds_run_one_by_one_in_the_order_of_their_numbers() {
    let machine = prepared(config("Serial", json!([]))).await;
    for _ in 0..3 {
        instantiate(&machine).await;
    }
    for number in 1..=3 {
        phase(&machine, &format!("app-{number}"), BuildPhase::Pending).await;
        let builds = machine.list::<Build>().await;
        let under_way = builds
            .iter()
            .filter(|build| matches!(build.status.phase, BuildPhase::Pending | BuildPhase::Running));
        assert_eq!(under_way.count(), 1, "{:?}", phases(&builds));
        succeed(&machine, &format!("app-{number}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_latest_serial_build_overtakes_those_that_wait_and_not_the_one_that_runs() {
    let machine = prepared(config("SerialLatestOnly", json!([]))).await;
    instantiate(&machine).await;
    phase(&machine, "app-1", BuildPhase::Pending).await;
    builder_says(&machine, "app-1", "Running", json!({"running": {}})).await;
    phase(&machine, "app-1", BuildPhase::Running).await;
    instantiate(&machine).await;
    instantiate(&machine).await;
    phase(&machine, "app-2", BuildPhase::Cancelled).await;
    assert_eq!(machine.get::<Build>("app-1").await.status.phase, BuildPhase::Running);
    assert_eq!(machine.get::<Build>("app-3").await.status.phase, BuildPhase::New);
    succeed(&machine, "app-1").await;
    phase(&machine, "app-3", BuildPhase::Pending).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_builds_do_not_wait_for_each_other() {
    let machine = prepared(config("Parallel", json!([]))).await;
    for _ in 0..3 {
        instantiate(&machine).await;
    }
    for number in 1..=3 {
        phase(&machine, &format!("app-{number}"), BuildPhase::Pending).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_build_loses_its_pod() {
    let machine = prepared(config("Serial", json!([{"type": "ConfigChange"}]))).await;
    phase(&machine, "app-1", BuildPhase::Pending).await;
    machine
        .merge::<Build>("app-1", json!({"status": {"cancelled": true}}))
        .await;
    let cancelled = phase(&machine, "app-1", BuildPhase::Cancelled).await;
    assert_eq!(cancelled.status.reason, "CancelledBuild");
    machine
        .until_all("the pod to go", |pods: &[Pod]| {
            pods.iter().all(|pod| pod.metadata.deletion_timestamp.is_some())
        })
        .await;
    machine.until_told("app-1", "BuildCancelled").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_whose_pod_is_deleted_is_in_error() {
    let machine = prepared(config("Serial", json!([{"type": "ConfigChange"}]))).await;
    phase(&machine, "app-1", BuildPhase::Pending).await;
    let now = kube::api::DeleteParams::default().grace_period(0);
    machine.api::<Pod>().delete("app-1-build", &now).await.expect("deleted");
    let error = phase(&machine, "app-1", BuildPhase::Error).await;
    assert_eq!(error.status.reason, "BuildPodDeleted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_build_keeps_the_reason_of_the_builder_and_shows_its_last_words() {
    let machine = prepared(config("Serial", json!([{"type": "ConfigChange"}]))).await;
    phase(&machine, "app-1", BuildPhase::Pending).await;
    builder_says(&machine, "app-1", "Running", json!({"running": {}})).await;
    let mut details = weir_api::to_object(&phase(&machine, "app-1", BuildPhase::Running).await).expect("JSON");
    details["status"]["phase"] = json!("Failed");
    details["status"]["reason"] = json!("AssembleFailed");
    details["status"]["message"] = json!("Assemble script failed.");
    let path = format!("/apis/build.openshift.io/v1/namespaces/{NAMESPACE}/builds/app-1/details");
    let request = http::Request::put(path).header("content-type", "application/json");
    let request = request.body(details.to_string().into_bytes()).expect("a request");
    machine.client.request::<Value>(request).await.expect("the details");
    let words = "one\ntwo\nthree\nfour\nfive\nsix\n";
    builder_says(
        &machine,
        "app-1",
        "Failed",
        json!({"terminated": {"exitCode": 1, "message": words}}),
    )
    .await;
    let failed = machine
        .until("app-1", "with its end", |build: &Build| {
            build.status.completion_timestamp.is_some()
        })
        .await;
    assert_eq!(
        (failed.status.phase, failed.status.reason.as_str()),
        (BuildPhase::Failed, "AssembleFailed")
    );
    assert_eq!(failed.status.log_snippet, "two\nthree\nfour\nfive\nsix");
    machine.until_told("app-1", "BuildFailed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_as_many_finished_builds_are_kept_as_the_config_says() {
    let mut limited = config("Serial", json!([]));
    limited["spec"]["successfulBuildsHistoryLimit"] = json!(2);
    let machine = prepared(limited).await;
    for number in 1..=4 {
        instantiate(&machine).await;
        let name = format!("app-{number}");
        phase(&machine, &name, BuildPhase::Pending).await;
        succeed(&machine, &name).await;
    }
    let left = machine
        .until_all("two builds", |builds: &[Build]| builds.len() == 2)
        .await;
    assert_eq!(
        phases(&left).iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["app-3", "app-4"]
    );
    machine
        .until_all("their pods alone", |pods: &[Pod]| pods.len() == 2)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loops_that_died_after_making_the_pod_find_it_again() {
    let mut machine = prepared(config("Serial", json!([{"type": "ConfigChange"}]))).await;
    machine.until("app-1-build", "made", |_: &Pod| true).await;
    machine.stop_loops().await;
    machine.start_loops().await;
    phase(&machine, "app-1", BuildPhase::Pending).await;
    assert_eq!(machine.list::<Pod>().await.len(), 1);
}
