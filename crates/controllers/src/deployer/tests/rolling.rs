use std::time::Duration;

use serde_json::json;

use super::{controllers, encoded, running_since, step};
use crate::deployer::rolling::{Old, Sizes};
use crate::deployment::Phase;
use crate::scale::Bounds;
use crate::testing::{a_pod, deployment, pod, with};

fn available(replicas: i32) -> serde_json::Value {
    json!({"status": {"availableReplicas": replicas}})
}

#[test]
fn the_first_rollout_scales_up_at_once_and_waits_for_every_pod() {
    step(&controllers(vec![deployment(1, "New", 0)]), &[], |step| {
        let step = step.expect("a step");
        assert_eq!((step.phase, step.replicas), (Phase::Running, 2));
        assert_eq!(step.log, "--> Scaling web-1 to 2\n");
    });
    let half = with(
        with(deployment(1, "Running", 2), available(1)),
        running_since(5, None, "scaled to 2"),
    );
    step(&controllers(vec![half]), &[], |step| {
        let step = step.expect("a step");
        assert_eq!(step.phase, Phase::Running);
        assert_eq!(step.again, Some(Duration::from_secs(595)));
    });
    let all = with(deployment(1, "Running", 2), running_since(5, None, "scaled to 2"));
    step(&controllers(vec![all]), &[], |step| {
        let step = step.expect("a step");
        assert_eq!(step.phase, Phase::Complete);
        assert!(step.log.ends_with("--> Success\n"));
    });
}

#[test]
fn a_replacement_begins_with_one_more_pod_and_says_what_it_is_going_to_do() {
    step(
        &controllers(vec![deployment(1, "Complete", 2), deployment(2, "New", 0)]),
        &[],
        |step| {
            let step = step.expect("a step");
            assert_eq!((step.replicas, step.scale.len()), (1, 0));
            assert_eq!(
                step.log,
                "--> Scaling up web-2 from 0 to 2, scaling down web-1 from 2 to 0 \
             (keep 2 pods available, don't exceed 3 pods)\n    Scaling web-2 up to 1\n"
            );
            assert_eq!(step.state.from.as_deref(), Some("web-1"));
            assert_eq!(step.again, Some(Duration::from_secs(1)), "the update period");
        },
    );
}

#[test]
fn an_old_pod_goes_only_for_a_new_one_that_is_available_and_after_the_update_period() {
    let olds = || deployment(1, "Complete", 2);
    let cases = [
        (0, 5, None, "not available yet"),
        (1, 0, None, "the update period is not over"),
        (1, 1, Some(1), "one for one"),
    ];
    for (new_available, seconds, expected, why) in cases {
        let running = running_since(seconds, Some("web-1"), "new 1");
        let new = with(with(deployment(2, "Running", 1), available(new_available)), running);
        step(&controllers(vec![olds(), new]), &[], |step| {
            let step = step.expect("a step");
            assert_eq!(step.scale.first().map(|(_, replicas)| *replicas), expected, "{why}");
            assert_eq!(step.replicas, 1, "{why}");
        });
    }
}

#[test]
fn it_succeeds_when_the_last_old_pod_is_given_up() {
    let new = with(deployment(2, "Running", 2), running_since(5, Some("web-1"), "new 2"));
    step(&controllers(vec![deployment(1, "Complete", 0), new]), &[], |step| {
        assert_eq!(step.map(|step| step.phase), Some(Phase::Complete));
    });
}

#[test]
fn what_a_cancelled_rollout_left_is_replaced_before_the_deployment_that_serves() {
    let left_over = deployment(2, "Failed", 1);
    let new = with(deployment(3, "Running", 1), running_since(5, Some("web-1"), "new 1"));
    step(
        &controllers(vec![deployment(1, "Complete", 1), left_over, new]),
        &[],
        |step| {
            let step = step.expect("a step");
            let scaled: Vec<_> = step
                .scale
                .iter()
                .map(|(deployment, replicas)| (deployment.name(), *replicas))
                .collect();
            assert_eq!(scaled, [("web-2", 0)]);
            assert!(step.log.contains("--> Scaled older deployment web-2 down\n"));
        },
    );
}

#[test]
fn no_progress_in_time_fails_and_names_the_pod_in_the_way() {
    let waiting = json!({"name": "c", "ready": false, "restartCount": 0, "image": "", "imageID": "",
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}});
    let stuck = a_pod(with(
        pod("web-2-abcde", "web-2", None),
        json!({"status": {"containerStatuses": [waiting]}}),
    ));
    let short = encoded(json!({"spec": {"strategy": {"rollingParams": {"timeoutSeconds": 60}}}}));
    let state = running_since(60, Some("web-1"), "new 1, available 0, old 2");
    let new = with(with(with(deployment(2, "Running", 1), available(0)), short), state);
    step(
        &controllers(vec![deployment(1, "Complete", 2), new]),
        &[stuck],
        |step| {
            let step = step.expect("a step");
            assert_eq!(step.phase, Phase::Failed);
            let expected = "timed out waiting for any update progress to be made; \
                        pod web-2-abcde, container c: ImagePullBackOff: no such image";
            assert_eq!(step.failure.as_deref(), Some(expected));
            assert!(step.scale.is_empty());
        },
    );
}

#[test]
fn progress_starts_the_clock_anew() {
    let state = running_since(5000, Some("web-1"), "new 1, available 0, old 2");
    let new = with(deployment(2, "Running", 1), state);
    step(&controllers(vec![deployment(1, "Complete", 2), new]), &[], |step| {
        assert_eq!(
            step.map(|step| step.phase),
            Some(Phase::Running),
            "a pod became available"
        );
    });
}

fn old(replicas: i32, available: i32, serves: bool) -> Old {
    Old {
        replicas,
        available,
        serves,
    }
}

#[test]
fn pods_that_serve_nobody_go_first() {
    let sizes = Sizes {
        wanted: 2,
        new: 1,
        new_available: 0,
        old: vec![old(2, 2, true), old(2, 0, false)],
        bounds: Bounds {
            surge: 1,
            unavailable: 0,
        },
    };
    assert_eq!(sizes.shrink(), Some(vec![2, 0]));
}

/// Plays rolling updates from many beginnings to their end, pods becoming available one at a time and at the worst
/// moment, and looks at every step.
#[test]
fn no_update_goes_below_what_must_be_available_or_above_what_may_exist_and_each_one_ends() {
    for wanted in 0..=6 {
        for (surge, unavailable) in [(1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (3, 2)] {
            for old_size in 0..=6 {
                play(wanted, Bounds { surge, unavailable }, old_size);
            }
        }
    }
}

fn play(wanted: i32, bounds: Bounds, old_size: i32) {
    let mut sizes = Sizes {
        wanted,
        new: 0,
        new_available: 0,
        old: vec![old(old_size, old_size, true)],
        bounds,
    };
    let least = sizes.least_available().min(old_size);
    for _ in 0..100 {
        if sizes.is_done() {
            return;
        }
        if let Some(new) = sizes.grow() {
            let total = new + sizes.old[0].replicas;
            assert!(
                total <= sizes.most() || sizes.old[0].replicas == 0,
                "{total} pods of {sizes:?}"
            );
            sizes.new = new;
        } else if let Some(left) = sizes.shrink() {
            sizes.old[0] = old(left[0], left[0], true);
        } else {
            assert!(sizes.new_available < sizes.new, "stuck at {sizes:?}");
            sizes.new_available += 1;
        }
        let available = sizes.new_available + sizes.old[0].available;
        assert!(available >= least, "{available} available of {sizes:?}");
    }
    panic!("no end: {sizes:?}");
}
