mod environment;
mod outcome;
mod policy;

use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};
use weir_api::build::{Build, BuildPhase};
use weir_api::image::ImageStream;

use super::change::{Cause, Change};
use super::identity::{label_value, pod_name};
use super::plan::{Observed, Plan, plan};
use super::pod::{objection, pod as build_pod};
use super::references;
use super::start::missing_inputs;
use crate::testing::{ago, meta, now, object, owned_by, with};

/// Build `number` of the config `app`.
fn build(number: i64, phase: &str) -> Value {
    let name = format!("app-{number}");
    json!({
        "metadata": with(meta(&name), json!({"annotations": {"openshift.io/build.number": number.to_string()}})),
        "spec": {
            "source": {"git": {"uri": "https://git.test/app.git", "ref": "main"}, "contextDir": "web"},
            "strategy": {"sourceStrategy": {"from": {"kind": "DockerImage", "name": "r/nodejs@sha256:1"}}},
            "output": {"to": {"kind": "ImageStreamTag", "name": "app:latest"}},
        },
        "status": {"phase": phase, "config": {"name": "app"}},
    })
}

fn a_build(value: Value) -> Build {
    object(value)
}

/// The pod of build 1 with these containers' states.
fn pod(phase: &str, states: &[Value]) -> Pod {
    let statuses: Vec<Value> = states
        .iter()
        .map(|state| {
            json!({"name": "c", "ready": false, "restartCount": 0,
        "image": "", "imageID": "", "state": state})
        })
        .collect();
    object(json!({
        "metadata": with(meta("app-1-build"), json!({"ownerReferences": owned_by("Build", "app-1")})),
        "spec": {"containers": [{"name": "c"}]},
        "status": {"phase": phase, "startTime": ago(90).to_string(), "containerStatuses": statuses},
    }))
}

fn planned<T>(build: &Build, pod: Option<&Pod>, look: impl FnOnce(Plan<'_>) -> T) -> T {
    look(plan(&Observed {
        build,
        pod,
        others: Vec::new(),
        now: now(),
    }))
}

fn written(build: &Build, pod: Option<&Pod>) -> Change {
    planned(build, pod, |plan| match plan {
        Plan::Write(change) => change,
        other => panic!("a change: {other:?}"),
    })
}

fn reason(change: &Change) -> &str {
    change
        .cause
        .as_ref()
        .map(|cause| cause.reason.as_str())
        .unwrap_or_default()
}

#[test]
fn the_pod_moves_the_build() {
    let ended = |code: i32| json!({"terminated": {"exitCode": code}});
    let killed = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}});
    let cases = [
        (
            "Pending",
            pod("Running", &[json!({"running": {}})]),
            Some((BuildPhase::Running, "")),
        ),
        (
            "Pending",
            pod("Pending", &[json!({"running": {}})]),
            Some((BuildPhase::Running, "")),
        ),
        ("Pending", pod("Pending", &[json!({"waiting": {}})]), None),
        ("Running", pod("Running", &[json!({"running": {}})]), None),
        (
            "Running",
            pod("Succeeded", &[ended(0)]),
            Some((BuildPhase::Complete, "")),
        ),
        (
            "Running",
            pod("Succeeded", &[ended(1)]),
            Some((BuildPhase::Error, "FailedContainer")),
        ),
        (
            "Running",
            pod("Succeeded", &[]),
            Some((BuildPhase::Error, "NoBuildContainerStatus")),
        ),
        (
            "Running",
            pod("Failed", &[ended(1)]),
            Some((BuildPhase::Failed, "GenericBuildFailed")),
        ),
        (
            "Pending",
            pod("Failed", &[killed]),
            Some((BuildPhase::Failed, "OutOfMemoryKilled")),
        ),
    ];
    for (phase, pod, expected) in cases {
        let found = planned(&a_build(build(1, phase)), Some(&pod), |plan| match plan {
            Plan::Write(change) => Some((change.phase.expect("a phase"), reason(&change).to_owned())),
            Plan::Nothing => None,
            other => panic!("not {other:?}"),
        });
        let found = found.as_ref().map(|(phase, reason)| (*phase, reason.as_str()));
        assert_eq!(found, expected, "{phase} with {:?}", pod.status);
    }
}

#[test]
fn an_evicted_pod_says_why() {
    let evicted = json!({"status": {"reason": "Evicted", "message": "the node was low on memory"}});
    let pod: Pod = object(with(serde_json::to_value(pod("Failed", &[])).expect("JSON"), evicted));
    let change = written(&a_build(build(1, "Running")), Some(&pod));
    assert_eq!(
        change.cause,
        Some(Cause::new("BuildPodEvicted", "the node was low on memory"))
    );
}

#[test]
fn a_build_without_its_pod_is_in_error() {
    for phase in ["Pending", "Running"] {
        let change = written(&a_build(build(1, phase)), None);
        assert_eq!(
            (change.phase, reason(&change)),
            (Some(BuildPhase::Error), "BuildPodDeleted")
        );
    }
}

#[test]
fn a_cancelled_build_ends_in_any_phase_but_the_last() {
    for phase in ["New", "Pending", "Running"] {
        let cancelled = a_build(with(build(1, phase), json!({"status": {"cancelled": true}})));
        planned(&cancelled, None, |plan| match plan {
            Plan::Cancel(change) => {
                assert_eq!(
                    (change.phase, reason(&change)),
                    (Some(BuildPhase::Cancelled), "CancelledBuild")
                );
                let ending = change.ending.expect("an end");
                assert_eq!((ending.started, ending.completed), (now(), now()));
            }
            other => panic!("{phase}: {other:?}"),
        });
    }
    let done = json!({"status": {"cancelled": true, "completionTimestamp": ago(1).to_string()}});
    planned(&a_build(with(build(1, "Complete"), done)), None, |plan| {
        assert_eq!(plan, Plan::Nothing)
    });
}

#[test]
fn the_reason_of_the_builder_stays_unless_the_pod_was_killed_for_its_memory() {
    let told = json!({"status": {"reason": "FetchSourceFailed", "message": "Failed to fetch the input source."}});
    let told = a_build(with(build(1, "Running"), told));
    let ended = json!({"terminated": {"exitCode": 1}});
    assert_eq!(
        reason(&written(&told, Some(&pod("Failed", &[ended])))),
        "FetchSourceFailed"
    );
    let killed = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}});
    assert_eq!(
        reason(&written(&told, Some(&pod("Failed", &[killed])))),
        "OutOfMemoryKilled"
    );
}

#[test]
fn a_build_that_the_builder_has_ended_gets_its_times_when_its_pod_has_ended() {
    let failed = a_build(build(1, "Failed"));
    let running = pod("Running", &[json!({"running": {}})]);
    planned(&failed, Some(&running), |plan| assert_eq!(plan, Plan::Nothing));
    let words = json!({"terminated": {"exitCode": 1, "message": "it broke\n"}});
    let change = written(&failed, Some(&pod("Failed", &[words])));
    let ending = change.ending.clone().expect("an end");
    assert_eq!((change.phase, change.cause.clone()), (None, None));
    assert_eq!(
        (ending.started, ending.log_snippet.as_deref()),
        (ago(90), Some("it broke"))
    );
    let patch = change.patch(&failed).expect("a patch");
    assert_eq!(patch["status"]["duration"], json!(90_000_000_000_i64));
}

#[test]
fn a_pipeline_build_is_left_to_its_own_controller() {
    let strategy = json!({"spec": {"strategy": {"sourceStrategy": null, "jenkinsPipelineStrategy": {}}}});
    planned(&a_build(with(build(1, "New"), strategy)), None, |plan| {
        assert_eq!(plan, Plan::Nothing)
    });
}

#[test]
fn a_patch_names_only_what_changes() {
    let held = a_build(with(
        build(1, "New"),
        json!({"status": {"reason": "InvalidOutputReference", "message": "x"}}),
    ));
    let same = Change::explain(Cause::new("InvalidOutputReference", "x"));
    assert_eq!(same.patch(&held), None);
    let start = Change::to(BuildPhase::Pending, Cause::none())
        .patch(&held)
        .expect("a patch");
    let expected =
        json!({"metadata": {"resourceVersion": "7"}, "status": {"phase": "Pending", "reason": null, "message": null}});
    assert_eq!(start, expected);
}

#[test]
fn an_output_tag_becomes_the_repository_of_its_stream() {
    let stream = |repository: &str| -> ImageStream {
        object(json!({"metadata": meta("app"), "status": {"dockerImageRepository": repository}}))
    };
    let build_1 = a_build(build(1, "New"));
    assert_eq!(
        references::output(&build_1, |_| Some(stream("r/ns/app"))),
        Ok(Some("r/ns/app:latest".into()))
    );

    let missing = references::output(&build_1, |_| None::<ImageStream>).expect_err("no stream");
    assert_eq!(
        (missing.cause.reason.as_str(), missing.warning),
        ("InvalidOutputReference", None)
    );
    let bare = references::output(&build_1, |_| Some(stream(""))).expect_err("no registry");
    assert_eq!(bare.warning.map(|(reason, _)| reason), Some("InvalidOutput"));

    let image = json!({"spec": {"output": {"to": {"kind": "DockerImage", "name": "x/y:z"}}}});
    let image = a_build(with(build(1, "New"), image));
    assert_eq!(
        references::output(&image, |_| None::<ImageStream>),
        Ok(Some("x/y:z".into()))
    );
    let nothing = a_build(with(build(1, "New"), json!({"spec": {"output": {"to": null}}})));
    assert_eq!(references::output(&nothing, |_| None::<ImageStream>), Ok(None));
}

#[test]
fn inputs_of_a_build_posted_by_hand_are_resolved() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let stream: ImageStream = object(
        json!({"metadata": meta("nodejs"), "status": {"dockerImageRepository": "r/ns/nodejs",
        "tags": [{"tag": "20", "items": [{"created": ago(1).to_string(), "image": digest,
            "dockerImageReference": format!("r/ns/nodejs@{digest}")}]}]}}),
    );
    for (kind, name) in [
        ("ImageStreamTag", "nodejs:20".to_owned()),
        ("ImageStreamImage", format!("nodejs@{digest}")),
    ] {
        let from = json!({"spec": {"strategy": {"sourceStrategy": {"from": {"kind": kind, "name": name}}}}});
        let mut spec = a_build(with(build(1, "New"), from)).spec.common;
        references::resolve_inputs(&mut spec, "ns", |_| Some(stream.clone())).expect("resolved");
        let from = spec.strategy.from().expect("an image").clone();
        assert_eq!(
            (from.kind.as_deref(), from.name),
            (Some("DockerImage"), Some(format!("r/ns/nodejs@{digest}")))
        );
    }
    let from =
        json!({"spec": {"strategy": {"sourceStrategy": {"from": {"kind": "ImageStreamTag", "name": "nodejs:99"}}}}});
    let mut spec = a_build(with(build(1, "New"), from)).spec.common;
    let unresolved = references::resolve_inputs(&mut spec, "ns", |_| Some(stream.clone())).expect_err("no such tag");
    assert_eq!(unresolved.cause.reason, "InvalidImageReference");
}

#[test]
fn missing_inputs_are_all_named() {
    assert_eq!(missing_inputs(&[], &[]), None);
    assert_eq!(
        missing_inputs(&[], &["x"]).as_deref(),
        Some("These resources do not exist: Secrets [x]")
    );
    let both = "These resources do not exist: ConfigMaps [a, b] Secrets [c]";
    assert_eq!(missing_inputs(&["a", "b"], &["c"]).as_deref(), Some(both));
}

#[test]
fn the_pod_carries_the_build_and_what_steers_the_builder() {
    let env = json!({"spec": {"strategy": {"sourceStrategy": {"env": [
        {"name": "BUILD_LOGLEVEL", "value": "5"}, {"name": "LANG", "value": "de_DE"}, {"name": "SECRET", "value": "x"}]}}}});
    let build = a_build(with(build(1, "New"), env));
    let pod = serde_json::to_value(build_pod(&build, &build).expect("a pod")).expect("JSON");
    assert_eq!(pod["metadata"]["name"], "app-1-build");
    assert_eq!(pod["metadata"]["labels"]["openshift.io/build.name"], "app-1");
    assert_eq!(pod["metadata"]["annotations"]["openshift.io/build.name"], "app-1");
    assert_eq!(pod["metadata"]["ownerReferences"][0]["controller"], true);
    assert_eq!(pod["spec"]["initContainers"][0]["name"], "git-clone");
    assert_eq!(pod["spec"]["containers"][0]["name"], "sti-build");
    assert_eq!(pod["spec"]["activeDeadlineSeconds"], 3600);
    let variables = pod["spec"]["containers"][0]["env"].as_array().expect("variables");
    let found: Vec<_> = variables
        .iter()
        .map(|variable| variable["name"].as_str().expect("a name"))
        .collect();
    let expected = [
        "BUILD",
        "SOURCE_REPOSITORY",
        "SOURCE_URI",
        "SOURCE_REF",
        "SOURCE_CONTEXT_DIR",
        "BUILD_LOGLEVEL",
        "LANG",
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_pod_of_a_binary_build_takes_its_source_from_standard_input() {
    let build = a_build(with(
        build(1, "New"),
        json!({"spec": {"source": {"git": null, "binary": {}}}}),
    ));
    let pod = serde_json::to_value(build_pod(&build, &build).expect("a pod")).expect("JSON");
    let fetch = &pod["spec"]["initContainers"][0];
    assert_eq!(
        (&fetch["name"], &fetch["stdin"], &fetch["stdinOnce"]),
        (&json!("git-clone"), &json!(true), &json!(true))
    );
    assert_eq!(pod["spec"]["containers"][0]["stdin"], json!(null));
}

#[test]
fn what_no_pod_can_do_is_said_before_one_is_made() {
    let cases = [
        (
            json!({"spec": {"strategy": {"sourceStrategy": null, "customStrategy": {}}}}),
            Some("only builds with"),
        ),
        // The builder knows such names, and says what it does not know of images.
        (
            json!({"spec": {"source": {"images": [{"from": {}, "as": ["base"]}]}}}),
            None,
        ),
        (json!({}), None),
    ];
    for (change, expected) in cases {
        let found = objection(&a_build(with(build(1, "New"), change)));
        assert_eq!(found.is_some(), expected.is_some());
        assert!(found.unwrap_or_default().starts_with(expected.unwrap_or_default()));
    }
}

#[test]
fn long_names_stay_names() {
    let long = "a".repeat(253);
    let pod = pod_name(&long);
    assert!(pod.len() == 253 && pod.ends_with("-build"));
    assert_ne!(pod, pod_name(&format!("{}b", "a".repeat(252))));
    assert_eq!(label_value(&long).len(), 63);
    assert_eq!(pod_name("app-1"), "app-1-build");
}
