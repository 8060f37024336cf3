use std::time::Duration;

use k8s_openapi::api::core::v1::{Pod, ReplicationController};
use serde_json::{Value, json};

use super::plan::{Observed, Plan, plan, pod as new_pod};
use crate::testing::{a_controller, a_pod, ago, controller, names, now, pod, with};

fn with_plan<T>(controller: &ReplicationController, pods: &[Pod], look: impl FnOnce(Plan<'_>) -> T) -> T {
    look(plan(&Observed {
        controller,
        pods: pods.iter().collect(),
        now: now(),
    }))
}

fn pods(pods: Vec<Value>) -> Vec<Pod> {
    pods.into_iter().map(a_pod).collect()
}

fn failed(name: &str, seconds_ago: i64) -> Value {
    let ended = json!({"name": "c", "ready": false, "restartCount": 0, "image": "", "imageID": "",
        "state": {"terminated": {"exitCode": 1, "finishedAt": ago(seconds_ago).to_string()}}});
    with(
        pod(name, "rc", None),
        json!({"status": {"phase": "Failed", "containerStatuses": [ended]}}),
    )
}

#[test]
fn missing_pods_are_created_and_surplus_ones_deleted() {
    let cases = [(3, 0, 3, 0), (3, 2, 1, 0), (3, 3, 0, 0), (1, 3, 0, 2), (0, 2, 0, 2)];
    for (wanted, existing, created, deleted) in cases {
        let existing = pods(
            (0..existing)
                .map(|number| pod(&format!("p{number}"), "rc", Some(60)))
                .collect(),
        );
        with_plan(&a_controller(controller("rc", wanted)), &existing, |plan| {
            assert_eq!((plan.create, plan.delete.len()), (created, deleted), "{wanted} wanted");
        });
    }
}

#[test]
fn pods_on_their_way_out_or_finished_do_not_count() {
    let going = with(
        pod("going", "rc", Some(60)),
        json!({"metadata": {"deletionTimestamp": ago(1).to_string()}}),
    );
    let done = with(pod("done", "rc", None), json!({"status": {"phase": "Succeeded"}}));
    with_plan(&a_controller(controller("rc", 1)), &pods(vec![going, done]), |plan| {
        assert_eq!(plan.create, 1);
        assert_eq!(plan.status.map(|status| status.replicas), Some(0));
    });
}

#[test]
fn the_pods_missed_least_are_deleted_first() {
    let existing = pods(vec![
        pod("ready-long", "rc", Some(600)),
        pod("ready-lately", "rc", Some(5)),
        pod("not-ready", "rc", None),
        with(
            pod("not-assigned", "rc", None),
            json!({"spec": {"nodeName": null}, "status": {"phase": "Pending"}}),
        ),
    ]);
    for (wanted, expected) in [
        (3, vec!["not-assigned"]),
        (2, vec!["not-assigned", "not-ready"]),
        (1, vec!["not-assigned", "not-ready", "ready-lately"]),
    ] {
        with_plan(&a_controller(controller("rc", wanted)), &existing, |plan| {
            assert_eq!(names(plan.delete.iter().copied()), expected);
        });
    }
}

#[test]
fn an_orphan_that_matches_is_adopted_and_an_owned_pod_that_does_not_is_released() {
    let existing = pods(vec![
        with(
            pod("orphan", "rc", Some(60)),
            json!({"metadata": {"ownerReferences": null}}),
        ),
        with(
            pod("strayed", "rc", Some(60)),
            json!({"metadata": {"labels": {"app": "other"}}}),
        ),
        pod("foreign", "other", Some(60)),
    ]);
    with_plan(&a_controller(controller("rc", 1)), &existing, |plan| {
        assert_eq!(names(plan.adopt.iter().copied()), ["orphan"]);
        assert_eq!(names(plan.release.iter().copied()), ["strayed"]);
        assert_eq!(
            (plan.create, plan.delete.len()),
            (0, 0),
            "the adopted pod is the one that is wanted"
        );
    });
}

#[test]
fn a_controller_on_its_way_out_creates_and_deletes_nothing() {
    let going = with(
        controller("rc", 3),
        json!({"metadata": {"deletionTimestamp": ago(1).to_string()}}),
    );
    with_plan(&a_controller(going), &[], |plan| {
        assert_eq!((plan.create, plan.delete.len()), (0, 0))
    });
}

#[test]
fn replacements_of_failing_pods_come_more_and_more_slowly() {
    let one = pods(vec![failed("a", 0)]);
    let old = pods(vec![failed("a", 5)]);
    let three = pods(vec![failed("a", 1), failed("b", 20), failed("c", 40)]);
    let controller = a_controller(controller("rc", 1));
    with_plan(&controller, &one, |plan| {
        assert_eq!((plan.create, plan.again), (0, Some(Duration::from_secs(1))));
    });
    with_plan(&controller, &old, |plan| assert_eq!(plan.create, 1));
    with_plan(&controller, &three, |plan| {
        assert_eq!((plan.create, plan.again), (0, Some(Duration::from_secs(3))));
    });
}

#[test]
fn only_the_last_failed_pods_are_kept() {
    let existing = pods(
        (1..=5)
            .map(|number| failed(&format!("f{number}"), number * 100))
            .collect(),
    );
    with_plan(&a_controller(controller("rc", 0)), &existing, |plan| {
        assert_eq!(names(plan.sweep.iter().copied()), ["f4", "f5"]);
    });
}

#[test]
fn status_counts_ready_and_available_pods_and_comes_back_when_more_become_available() {
    let controller = a_controller(with(controller("rc", 3), json!({"spec": {"minReadySeconds": 30}})));
    let existing = pods(vec![
        pod("a", "rc", Some(60)),
        pod("b", "rc", Some(10)),
        pod("c", "rc", None),
    ]);
    with_plan(&controller, &existing, |plan| {
        let status = plan.status.expect("a new status");
        assert_eq!(status.replicas, 3);
        assert_eq!(status.fully_labeled_replicas, Some(3));
        assert_eq!(status.ready_replicas, Some(2));
        assert_eq!(status.available_replicas, Some(1));
        assert_eq!(status.observed_generation, Some(1));
        assert_eq!(plan.again, Some(Duration::from_secs(20)));
    });
}

#[test]
fn a_status_that_says_it_already_is_not_written_again() {
    let status = json!({"status": {"replicas": 1, "fullyLabeledReplicas": 1, "readyReplicas": 1,
        "availableReplicas": 1, "observedGeneration": 1}});
    let controller = a_controller(with(controller("rc", 1), status));
    with_plan(&controller, &pods(vec![pod("a", "rc", Some(60))]), |plan| {
        assert_eq!(plan, Plan::default())
    });
}

#[test]
fn a_new_pod_is_the_template_with_an_owner_and_a_name_to_be_made() {
    let pod = new_pod(&a_controller(controller("rc", 1))).expect("a pod");
    assert_eq!(pod.metadata.generate_name.as_deref(), Some("rc-"));
    assert_eq!(pod.metadata.namespace.as_deref(), Some("ns"));
    assert_eq!(
        pod.metadata
            .labels
            .and_then(|labels| labels.get("app").cloned())
            .as_deref(),
        Some("web")
    );
    let owner = &pod.metadata.owner_references.expect("owners")[0];
    assert_eq!(
        (owner.uid.as_str(), owner.controller, owner.kind.as_str()),
        ("uid-rc", Some(true), "ReplicationController")
    );
    assert_eq!(pod.spec.map(|spec| spec.containers.len()), Some(1));
}
