mod recreate;
mod rolling;

use k8s_openapi::api::core::v1::{Pod, ReplicationController};
use serde_json::{Value, json};

use super::plan::{Observed, Step, plan};
use super::state::State;
use crate::deployment::{Deployment, Phase};
use crate::testing::{a_controller, ago, config, deployment, now, with};

/// Looks at the step that follows for the last of `deployments`.
fn step<T>(deployments: &[ReplicationController], pods: &[Pod], look: impl FnOnce(Option<Step<'_>>) -> T) -> T {
    let (target, others) = deployments.split_last().expect("a deployment");
    look(plan(&Observed {
        target: Deployment::new(target),
        others: others.iter().map(Deployment::new).collect(),
        pods: pods.iter().collect(),
        now: now(),
    }))
}

fn controllers(values: Vec<Value>) -> Vec<ReplicationController> {
    values.into_iter().map(a_controller).collect()
}

/// Annotations of a rollout that runs since `seconds` without progress since then.
fn running_since(seconds: i64, from: Option<&str>, progress: &str) -> Value {
    let mut state = State::begin(ago(seconds), from.map(str::to_owned));
    state.note(progress.to_owned(), ago(seconds));
    state.scaled_up_at = Some(ago(seconds));
    json!({"metadata": {"annotations": {"weir.dev/deployment.state": serde_json::to_string(&state).expect("JSON")}}})
}

fn encoded(change: Value) -> Value {
    let config = with(config(2, 2), change);
    json!({"metadata": {"annotations": {"openshift.io/encoded-deployment-config": config.to_string()}}})
}

#[test]
fn a_rollout_that_has_ended_or_is_left_to_the_user_is_left_alone() {
    let ignored = json!({"metadata": {"annotations": {"deploy.openshift.io/deployer-pod.ignore": "true"}}});
    for left_alone in [
        deployment(1, "Complete", 2),
        deployment(1, "Failed", 0),
        with(deployment(1, "New", 0), ignored),
    ] {
        step(&controllers(vec![left_alone]), &[], |step| assert_eq!(step, None));
    }
}

#[test]
fn a_cancelled_rollout_fails_for_the_reason_it_was_cancelled() {
    let cancelled = json!({"metadata": {"annotations": {"openshift.io/deployment.cancelled": "true",
        "openshift.io/deployment.status-reason": "cancelled by the user"}}});
    step(
        &controllers(vec![with(deployment(1, "Running", 1), cancelled)]),
        &[],
        |step| {
            let step = step.expect("a step");
            assert_eq!(step.phase, Phase::Failed);
            assert_eq!(step.failure.as_deref(), Some("cancelled by the user"));
            assert_eq!(step.log, "--> Cancelled: cancelled by the user\n");
        },
    );
}

#[test]
fn a_deployment_without_a_wanted_number_has_run_already() {
    let spent = json!({"metadata": {"annotations": {"kubectl.kubernetes.io/desired-replicas": null}}});
    step(&controllers(vec![with(deployment(1, "New", 0), spent)]), &[], |step| {
        let failure = step.and_then(|step| step.failure);
        assert_eq!(
            failure.as_deref(),
            Some("deployment web-1 has already run to completion")
        );
    });
}

#[test]
fn what_is_not_supported_fails_at_once_and_says_so() {
    let hook = json!({"failurePolicy": "Abort", "execNewPod": {"command": ["x"], "containerName": "c"}});
    let cases = [
        (
            json!({"spec": {"strategy": {"type": "Custom", "customParams": {}}}}),
            "strategy type Custom",
        ),
        (
            json!({"spec": {"strategy": {"rollingParams": {"pre": hook}}}}),
            "the pre hook",
        ),
        (
            json!({"spec": {"strategy": {"type": "Recreate", "recreateParams": {"mid": hook}}}}),
            "the mid hook",
        ),
    ];
    for (change, expected) in cases {
        step(
            &controllers(vec![with(deployment(1, "New", 0), encoded(change))]),
            &[],
            |step| {
                let step = step.expect("a step");
                assert_eq!((step.phase, step.replicas), (Phase::Failed, 0));
                assert!(
                    step.failure.is_some_and(|failure| failure.starts_with(expected)),
                    "{expected}"
                );
            },
        );
    }
}

#[test]
fn a_rollout_that_takes_longer_than_its_deadline_fails() {
    let deadline = encoded(json!({"spec": {"strategy": {"activeDeadlineSeconds": 100}}}));
    let late = with(
        with(deployment(1, "Running", 1), deadline),
        running_since(100, None, "new 1"),
    );
    step(&controllers(vec![late]), &[], |step| {
        let failure = step.and_then(|step| step.failure);
        assert_eq!(failure.as_deref(), Some("the rollout took longer than 100 seconds"));
    });
}

#[test]
fn a_rollout_that_is_tried_again_starts_a_new_log_and_a_new_clock() {
    let again = with(
        running_since(9000, None, "scaled to 2"),
        json!({"metadata": {"annotations": {"weir.dev/deployment.log": "old\n"}}}),
    );
    let again = with(deployment(1, "New", 0), again);
    step(&controllers(vec![again]), &[], |step| {
        let step = step.expect("a step");
        assert_eq!(step.log, "--> Scaling web-1 to 2\n");
        assert_eq!((step.state.started, step.phase), (now(), Phase::Running));
    });
}
