use serde_json::json;
use weir_api::build::Build;

use super::{a_build, build};
use crate::build::policy::{Turn, turn};
use crate::testing::{names, with};

fn of_policy(number: i64, phase: &str, policy: &str) -> Build {
    let label = json!({"metadata": {"labels": {"openshift.io/build.start-policy": policy}}});
    a_build(with(build(number, phase), label))
}

/// Whose turn it is, seen from build `number` of `builds`.
fn seen_from(number: usize, policy: &str, phases: &[&str]) -> String {
    let builds: Vec<Build> = phases
        .iter()
        .zip(1..)
        .map(|(phase, number)| of_policy(number, phase, policy))
        .collect();
    let others: Vec<&Build> = builds
        .iter()
        .enumerate()
        .filter(|(position, _)| position + 1 != number)
        .map(|(_, build)| build)
        .collect();
    match turn(&builds[number - 1], &others) {
        Turn::Now => "now".into(),
        Turn::Wait => "wait".into(),
        Turn::Overtakes(builds) => format!("overtakes {}", names(builds).join(", ")),
    }
}

#[test]
fn each_policy_decides_whose_turn_it_is() {
    let cases = [
        ("Serial", 1, vec!["New", "New", "New"], "now"),
        ("Serial", 2, vec!["New", "New", "New"], "wait"),
        ("Serial", 2, vec!["Running", "New"], "wait"),
        ("Serial", 2, vec!["Pending", "New"], "wait"),
        ("Serial", 2, vec!["Complete", "New"], "now"),
        ("Serial", 1, vec!["New", "Running"], "wait"),
        ("SerialLatestOnly", 1, vec!["New", "New", "New"], "now"),
        ("SerialLatestOnly", 3, vec!["Running", "New", "New"], "overtakes app-2"),
        (
            "SerialLatestOnly",
            3,
            vec!["Pending", "New", "New"],
            "overtakes app-1, app-2",
        ),
        ("SerialLatestOnly", 3, vec!["Running", "Cancelled", "New"], "wait"),
        ("SerialLatestOnly", 3, vec!["Failed", "Cancelled", "New"], "now"),
        ("Parallel", 3, vec!["Running", "New", "New"], "now"),
        ("", 2, vec!["New", "New"], "wait"),
    ];
    for (policy, number, phases, expected) in cases {
        assert_eq!(
            seen_from(number, policy, &phases),
            expected,
            "{policy} {number} of {phases:?}"
        );
    }
}

#[test]
fn a_parallel_build_waits_for_a_serial_one_that_runs() {
    let serial = of_policy(1, "Running", "Serial");
    let parallel = of_policy(2, "New", "Parallel");
    assert_eq!(turn(&parallel, &[&serial]), Turn::Wait);
}

#[test]
fn builds_of_other_configs_and_builds_posted_by_hand_wait_for_nobody() {
    let other = a_build(with(
        build(1, "Running"),
        json!({"status": {"config": {"name": "other"}}}),
    ));
    assert_eq!(turn(&a_build(build(2, "New")), &[&other]), Turn::Now);
    let by_hand = json!({"metadata": {"annotations": null}, "status": {"config": null}});
    assert_eq!(
        turn(
            &a_build(with(build(2, "New"), by_hand)),
            &[&a_build(build(1, "Running"))]
        ),
        Turn::Now
    );
}
