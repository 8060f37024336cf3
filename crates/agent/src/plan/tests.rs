use serde_json::json;
use weir_engine::RunState;

use super::*;
use crate::facts::{Failure, FailureReason, Health, Unhealthy};
use crate::fixtures::{at, ended, instance, of_role, pod, running};
use crate::instance::Instance;

fn planned(patch: serde_json::Value, instances: Vec<Instance>, facts: &Facts, seconds: i64) -> Plan {
    plan(Some(&pod(patch)), &Observed::new(instances), facts, at(seconds))
}

fn actions(patch: serde_json::Value, instances: Vec<Instance>) -> Vec<Action> {
    planned(patch, instances, &Facts::default(), 100).actions
}

fn start(container: &str, attempt: u32, crashes: u32) -> Action {
    Action::Start {
        role: Role::Main,
        container: container.to_owned(),
        attempt,
        crashes,
    }
}

fn start_init(container: &str) -> Action {
    Action::Start {
        role: Role::Init,
        container: container.to_owned(),
        attempt: 0,
        crashes: 0,
    }
}

fn remove(id: &str) -> Action {
    Action::Remove { id: id.to_owned() }
}

fn stop_for(id: &str, seconds: u64, why: StopReason) -> Action {
    Action::Stop {
        id: id.to_owned(),
        grace: Duration::from_secs(seconds),
        why,
    }
}

fn failure(reason: FailureReason, count: u32) -> Failure {
    Failure {
        reason,
        message: "why".to_owned(),
        count,
        at: at(0),
        image: "img".to_owned(),
    }
}

fn two_containers() -> serde_json::Value {
    json!({"spec": {"containers": [{"name": "a", "image": "img"}, {"name": "b", "image": "img"}]}})
}

#[test]
fn a_new_pod_starts_its_container_at_once() {
    assert_eq!(actions(json!({}), vec![]), [start("c", 0, 0)]);
}

#[test]
fn a_running_container_is_left_alone() {
    assert_eq!(
        planned(json!({}), vec![running("c")], &Facts::default(), 100),
        Plan::default()
    );
}

#[test]
fn several_containers_wait_for_their_network() {
    assert_eq!(actions(two_containers(), vec![]), [Action::StartInfra]);
    let infra = of_role(Role::Infra, running(""));
    assert_eq!(
        actions(two_containers(), vec![infra]),
        [start("a", 0, 0), start("b", 0, 0)]
    );
}

#[test]
fn a_container_that_asks_for_the_address_gets_a_network_first() {
    let wants = json!({"spec": {"containers": [{"name": "c", "image": "img", "env": [
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]}]}});
    assert_eq!(actions(wants, vec![]), [Action::StartInfra]);
}

#[test]
fn containers_of_a_lost_network_are_stopped_before_a_new_one_is_made() {
    let infra = of_role(Role::Infra, ended("", 137, 0, 0));
    let (a, b) = (running("a"), running("b"));
    assert_eq!(
        actions(two_containers(), vec![infra.clone(), a, b]),
        [
            stop_for("a-0", 30, StopReason::NetworkLost),
            stop_for("b-0", 30, StopReason::NetworkLost)
        ]
    );
    let quiet = vec![infra.clone(), ended("a", 137, 0, 0), ended("b", 137, 0, 0)];
    assert_eq!(
        actions(two_containers(), quiet),
        [remove(&infra.id), Action::StartInfra]
    );
}

#[test]
fn init_containers_run_one_by_one_before_the_others() {
    let two = json!({"spec": {"initContainers": [{"name": "i", "image": "img"}, {"name": "j", "image": "img"}]}});
    let done = |name| of_role(Role::Init, ended(name, 0, 0, 0));
    assert_eq!(actions(two.clone(), vec![]), [start_init("i")]);
    assert_eq!(actions(two.clone(), vec![of_role(Role::Init, running("i"))]), []);
    assert_eq!(actions(two.clone(), vec![done("i")]), [start_init("j")]);
    assert_eq!(actions(two.clone(), vec![done("i"), done("j")]), [start("c", 0, 0)]);
    assert_eq!(
        actions(two, vec![running("c")]),
        [],
        "they are not run again when they are gone"
    );
}

#[test]
fn a_failed_init_container_is_tried_again_unless_the_policy_forbids() {
    let init = |policy| json!({"spec": {"restartPolicy": policy, "initContainers": [{"name": "i", "image": "img"}]}});
    let failed = of_role(Role::Init, ended("i", 1, 0, 0));
    let again = Action::Start {
        role: Role::Init,
        container: "i".to_owned(),
        attempt: 1,
        crashes: 1,
    };
    assert_eq!(actions(init("Always"), vec![failed.clone()]), [again]);
    assert_eq!(actions(init("Never"), vec![failed]), []);
}

#[test]
fn the_restart_policy_decides_what_follows_an_end() {
    for (policy, code, restarts) in [
        ("Always", 0, true),
        ("Always", 1, true),
        ("OnFailure", 0, false),
        ("OnFailure", 1, true),
        ("Never", 0, false),
        ("Never", 1, false),
    ] {
        let expected = if restarts { vec![start("c", 1, 1)] } else { vec![] };
        let spec = json!({"spec": {"restartPolicy": policy}});
        assert_eq!(actions(spec, vec![ended("c", code, 0, 0)]), expected, "{policy} {code}");
    }
}

#[test]
fn a_crash_loop_waits_for_its_pause() {
    // Ended at 10 s with two crashes: 20 s of pause.
    let loops = || vec![ended("c", 1, 2, 3)];
    let waiting = planned(json!({}), loops(), &Facts::default(), 15);
    assert_eq!((waiting.actions, waiting.wake_at), (vec![], Some(at(30))));
    assert_eq!(
        planned(json!({}), loops(), &Facts::default(), 30).actions,
        [start("c", 4, 3)]
    );
}

#[test]
fn a_new_image_does_not_wait_for_the_pause_of_the_old_one() {
    let other = json!({"spec": {"containers": [{"name": "c", "image": "new"}]}});
    assert_eq!(
        planned(other.clone(), vec![ended("c", 1, 2, 3)], &Facts::default(), 15).actions,
        [start("c", 4, 0)]
    );
    assert_eq!(
        actions(other, vec![running("c")]),
        [stop_for("c-0", 30, StopReason::ImageChanged)]
    );
}

#[test]
fn a_failed_start_is_tried_again_later_and_with_another_image_at_once() {
    let mut facts = Facts::default();
    facts
        .failures
        .insert("c".to_owned(), failure(FailureReason::ImagePull, 2));
    let waiting = planned(json!({}), vec![], &facts, 1);
    assert_eq!((waiting.actions, waiting.wake_at), (vec![], Some(at(4))));
    assert_eq!(planned(json!({}), vec![], &facts, 4).actions, [start("c", 0, 0)]);
    let other = json!({"spec": {"containers": [{"name": "c", "image": "new"}]}});
    assert_eq!(planned(other, vec![], &facts, 1).actions, [start("c", 0, 0)]);
}

#[test]
fn nothing_starts_while_its_image_is_on_the_way() {
    let facts = Facts {
        pulling: ["c".to_owned()].into(),
        ..Facts::default()
    };
    assert_eq!(planned(json!({}), vec![], &facts, 0), Plan::default());
}

#[test]
fn an_unhealthy_container_is_stopped_once() {
    let unhealthy = Unhealthy {
        probe: "Liveness",
        grace: Some(Duration::from_secs(5)),
    };
    let health = Health {
        started: true,
        ready: false,
        unhealthy: Some(unhealthy),
    };
    let mut facts = Facts {
        health: [("c-0".to_owned(), health)].into(),
        ..Facts::default()
    };
    let stop = stop_for("c-0", 5, StopReason::Unhealthy);
    assert_eq!(planned(json!({}), vec![running("c")], &facts, 0).actions, [stop]);
    facts.stopping.insert("c-0".to_owned(), at(5));
    assert_eq!(planned(json!({}), vec![running("c")], &facts, 0).actions, []);
}

#[test]
fn only_the_last_two_attempts_are_kept() {
    let attempts = vec![
        ended("c", 1, 0, 0),
        ended("c", 1, 1, 1),
        instance("c", 2, RunState::Running),
    ];
    assert_eq!(actions(json!({}), attempts), [remove("c-0")]);
}

#[test]
fn an_instance_that_never_ran_is_replaced() {
    assert_eq!(
        actions(json!({}), vec![instance("c", 0, RunState::Created)]),
        [remove("c-0")]
    );
}

#[test]
fn what_the_pod_does_not_name_is_stopped_and_removed() {
    let patch = json!({});
    assert_eq!(
        actions(patch.clone(), vec![running("c"), running("x")]),
        [stop_for("x-0", 30, StopReason::NotInPod)]
    );
    assert_eq!(actions(patch, vec![running("c"), ended("x", 0, 0, 0)]), [remove("x-0")]);
}

#[test]
fn restarts_that_only_the_status_knows_are_counted_on() {
    let status = json!({"status": {"phase": "Running", "containerStatuses": [
        {"name": "c", "restartCount": 4, "containerID": "podman://gone", "image": "img", "imageID": "", "ready": true}]}});
    assert_eq!(actions(status, vec![]), [start("c", 5, 0)]);
}

#[test]
fn a_deleted_pod_is_stopped_and_then_finished() {
    let deleted = json!({"metadata": {"deletionTimestamp": at(130).to_string(), "deletionGracePeriodSeconds": 30}});
    let plan = planned(deleted.clone(), vec![running("c")], &Facts::default(), 100);
    assert_eq!(plan.actions, [stop_for("c-0", 30, StopReason::PodDeleted)]);
    assert_eq!(
        actions(deleted.clone(), vec![ended("c", 0, 0, 0)]),
        [Action::FinishDeletion]
    );
    assert_eq!(actions(deleted, vec![]), [Action::FinishDeletion]);
}

#[test]
fn an_agent_that_was_away_does_not_start_the_grace_period_anew() {
    let deleted = json!({"metadata": {"deletionTimestamp": at(130).to_string(), "deletionGracePeriodSeconds": 30}});
    let late = planned(deleted.clone(), vec![running("c")], &Facts::default(), 125);
    assert_eq!(late.actions, [stop_for("c-0", 5, StopReason::PodDeleted)]);
    let over = planned(deleted, vec![running("c")], &Facts::default(), 500);
    assert_eq!(over.actions, [stop_for("c-0", 0, StopReason::PodDeleted)]);
}

#[test]
fn a_stop_that_takes_too_long_becomes_a_kill() {
    let deleted = json!({"metadata": {"deletionTimestamp": at(99).to_string(), "deletionGracePeriodSeconds": 1}});
    let facts = Facts {
        stopping: [("c-0".to_owned(), at(200))].into(),
        ..Facts::default()
    };
    assert_eq!(
        planned(deleted, vec![running("c")], &facts, 100).actions,
        [Action::Kill { id: "c-0".to_owned() }]
    );
}

#[test]
fn a_pod_that_is_gone_is_torn_down() {
    let plan = plan(None, &Observed::new(vec![running("c")]), &Facts::default(), at(0));
    assert_eq!(plan.actions, [Action::TearDown]);
}

#[test]
fn a_finished_pod_starts_nothing_and_keeps_its_containers_for_their_logs() {
    for phase in ["Succeeded", "Failed"] {
        assert_eq!(
            actions(json!({"status": {"phase": phase}}), vec![ended("c", 0, 0, 0)]),
            []
        );
        assert_eq!(actions(json!({"status": {"phase": phase}}), vec![]), []);
    }
}

#[test]
fn a_pod_over_its_deadline_is_stopped() {
    let spec = json!({"spec": {"activeDeadlineSeconds": 60}, "status": {"startTime": at(0).to_string()}});
    let before = planned(spec.clone(), vec![running("c")], &Facts::default(), 59);
    assert_eq!((before.actions, before.wake_at), (vec![], Some(at(60))));
    assert_eq!(
        actions(spec.clone(), vec![running("c")]),
        [stop_for("c-0", 30, StopReason::PodFinished)]
    );
    assert_eq!(actions(spec, vec![]), []);
}
