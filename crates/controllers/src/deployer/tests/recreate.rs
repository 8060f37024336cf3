use serde_json::json;

use super::{controllers, encoded, running_since, step};
use crate::deployer::recreate::{Next, Sizes, next};
use crate::deployment::Phase;
use crate::testing::{a_pod, deployment, pod, with};

fn recreate(version: i64, phase: &str, replicas: i32) -> serde_json::Value {
    let strategy = json!({"type": "Recreate", "rollingParams": null, "recreateParams": {"timeoutSeconds": 60}});
    with(
        deployment(version, phase, replicas),
        encoded(json!({"spec": {"strategy": strategy}})),
    )
}

#[test]
fn each_step_waits_for_the_one_before() {
    let begin = Sizes {
        wanted: 2,
        new: 0,
        new_available: 0,
        old: 2,
        old_pods: 2,
        replaces: true,
        left_old_pods: false,
    };
    let cases = [
        (begin, Next::RemoveOld),
        (Sizes { old: 0, ..begin }, Next::AwaitOldPods),
        (
            Sizes {
                old: 0,
                left_old_pods: true,
                ..begin
            },
            Next::TryOne,
        ),
        (
            Sizes {
                old: 0,
                old_pods: 0,
                ..begin
            },
            Next::TryOne,
        ),
        (
            Sizes {
                old: 0,
                old_pods: 0,
                new: 1,
                ..begin
            },
            Next::AwaitAvailable(1),
        ),
        (
            Sizes {
                old: 0,
                old_pods: 0,
                new: 1,
                new_available: 1,
                ..begin
            },
            Next::ScaleUp,
        ),
        (
            Sizes {
                old: 0,
                old_pods: 0,
                new: 2,
                new_available: 1,
                ..begin
            },
            Next::AwaitAvailable(2),
        ),
        (
            Sizes {
                old: 0,
                old_pods: 0,
                new: 2,
                new_available: 2,
                ..begin
            },
            Next::Done,
        ),
        (
            Sizes {
                old: 0,
                old_pods: 0,
                replaces: false,
                ..begin
            },
            Next::ScaleUp,
        ),
        (
            Sizes {
                old: 0,
                old_pods: 0,
                wanted: 0,
                ..begin
            },
            Next::Done,
        ),
    ];
    for (sizes, expected) in cases {
        assert_eq!(next(&sizes), expected, "{sizes:?}");
    }
}

#[test]
fn the_old_deployment_goes_before_any_new_pod() {
    step(
        &controllers(vec![deployment(1, "Complete", 2), recreate(2, "New", 0)]),
        &[],
        |step| {
            let step = step.expect("a step");
            assert_eq!((step.replicas, step.scale[0].1), (0, 0));
            assert_eq!(step.log, "--> Scaling web-1 down to zero\n");
        },
    );
}

#[test]
fn old_pods_that_do_not_end_in_time_are_left_behind_with_a_word() {
    let state = running_since(60, Some("web-1"), "waiting for old pods");
    let lingering = a_pod(pod("web-1-abcde", "web-1", Some(60)));
    let deployments = controllers(vec![
        deployment(1, "Complete", 0),
        with(recreate(2, "Running", 0), state),
    ]);
    step(&deployments, &[lingering], |step| {
        let step = step.expect("a step");
        assert!(step.state.left_old_pods);
        assert!(step.log.starts_with("--> Failed to wait for old pods to be terminated"));
        assert_eq!((step.phase, step.replicas), (Phase::Running, 0));
    });
}

#[test]
fn one_pod_is_tried_before_all_of_them() {
    let state = running_since(5, Some("web-1"), "waiting for old pods");
    let deployments = controllers(vec![
        deployment(1, "Complete", 0),
        with(recreate(2, "Running", 0), state),
    ]);
    step(&deployments, &[], |step| {
        let step = step.expect("a step");
        assert_eq!(step.replicas, 1);
        assert_eq!(step.log, "--> Scaling web-2 to 1 before performing acceptance check\n");
    });
}

#[test]
fn pods_that_do_not_become_available_in_time_fail_the_rollout() {
    let state = running_since(60, Some("web-1"), "scaled to 1");
    let new = with(
        with(recreate(2, "Running", 1), json!({"status": {"availableReplicas": 0}})),
        state,
    );
    step(&controllers(vec![deployment(1, "Complete", 0), new]), &[], |step| {
        let expected =
            "update acceptor rejected web-2: pods for rc 'ns/web-2' took longer than 60 seconds to become available";
        assert_eq!(step.and_then(|step| step.failure).as_deref(), Some(expected));
    });
}
