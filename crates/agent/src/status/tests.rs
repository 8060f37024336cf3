use serde_json::json;
use weir_engine::RunState;

use super::*;
use crate::facts::{Failure, FailureReason, Health, Obstacle};
use crate::fixtures::{at, ended, instance, of_role, pod, running};

fn machine() -> Machine {
    Machine {
        host_ip: "192.0.2.1".to_owned(),
        engine_scheme: "podman",
    }
}

fn computed(patch: serde_json::Value, instances: Vec<Instance>, facts: &Facts, seconds: i64) -> PodStatus {
    status(&pod(patch), &Observed::new(instances), facts, &machine(), at(seconds))
}

fn simple(instances: Vec<Instance>) -> PodStatus {
    computed(json!({}), instances, &Facts::default(), 100)
}

fn condition(status: &PodStatus, kind: &str) -> (String, Option<String>) {
    let conditions = status.conditions.as_ref().unwrap();
    let condition = conditions.iter().find(|condition| condition.type_ == kind).unwrap();
    (condition.status.clone(), condition.reason.clone())
}

fn waiting_reason(status: &PodStatus) -> String {
    let container = &status.container_statuses.as_ref().unwrap()[0];
    container
        .state
        .as_ref()
        .unwrap()
        .waiting
        .as_ref()
        .unwrap()
        .reason
        .clone()
        .unwrap()
}

fn failed(reason: FailureReason) -> Facts {
    let failure = Failure {
        reason,
        message: "why".to_owned(),
        count: 1,
        at: at(0),
        image: "img".to_owned(),
    };
    Facts {
        failures: [("c".to_owned(), failure)].into(),
        ..Facts::default()
    }
}

#[test]
fn a_running_pod_is_ready_and_has_its_addresses() {
    let status = simple(vec![running("c")]);
    assert_eq!(status.phase.as_deref(), Some("Running"));
    assert_eq!(status.pod_ip.as_deref(), Some("10.1.0.2"));
    assert_eq!(status.host_ip.as_deref(), Some("192.0.2.1"));
    for kind in ["Initialized", "Ready", "ContainersReady", "PodScheduled"] {
        assert_eq!(condition(&status, kind).0, "True", "{kind}");
    }
    let container = &status.container_statuses.unwrap()[0];
    assert_eq!(container.container_id.as_deref(), Some("podman://c-0"));
    assert_eq!(
        (container.image.as_str(), container.image_id.as_str()),
        ("img", "img@sha256:00")
    );
    assert!(container.ready && container.started == Some(true));
}

#[test]
fn a_pod_that_has_not_started_is_pending() {
    let status = simple(vec![]);
    assert_eq!(status.phase.as_deref(), Some("Pending"));
    assert_eq!(waiting_reason(&status), "ContainerCreating");
    assert_eq!(
        condition(&status, "Ready"),
        ("False".to_owned(), Some("ContainersNotReady".to_owned()))
    );
    assert_eq!(status.start_time.unwrap().0, at(100));
}

#[test]
fn an_instance_that_never_ran_is_not_shown() {
    let status = simple(vec![instance("c", 0, RunState::Created)]);
    assert_eq!(status.container_statuses.unwrap()[0].container_id, None);
}

#[test]
fn the_phase_follows_ends_and_policy() {
    for (policy, code, phase) in [
        ("Always", 1, "Running"),
        ("OnFailure", 0, "Succeeded"),
        ("OnFailure", 1, "Running"),
        ("Never", 0, "Succeeded"),
        ("Never", 1, "Failed"),
    ] {
        let status = computed(
            json!({"spec": {"restartPolicy": policy}}),
            vec![ended("c", code, 3, 3)],
            &Facts::default(),
            11,
        );
        assert_eq!(status.phase.as_deref(), Some(phase), "{policy} {code}");
    }
}

#[test]
fn a_finished_pod_stays_finished() {
    let status = computed(
        json!({"status": {"phase": "Failed", "reason": "Evicted"}}),
        vec![],
        &Facts::default(),
        0,
    );
    assert_eq!(
        (status.phase.as_deref(), status.reason.as_deref()),
        (Some("Failed"), Some("Evicted"))
    );
    assert_eq!(
        condition(&status, "Ready"),
        ("False".to_owned(), Some("PodFailed".to_owned()))
    );
}

#[test]
fn a_crash_loop_shows_its_pause_and_its_last_end() {
    let status = computed(json!({}), vec![ended("c", 7, 2, 3)], &Facts::default(), 15);
    assert_eq!(waiting_reason(&status), "CrashLoopBackOff");
    let container = &status.container_statuses.as_ref().unwrap()[0];
    let message = container
        .state
        .as_ref()
        .unwrap()
        .waiting
        .as_ref()
        .unwrap()
        .message
        .clone()
        .unwrap();
    assert_eq!(message, "back-off 20s restarting failed container=c pod=p_ns");
    let last = container.last_state.as_ref().unwrap().terminated.as_ref().unwrap();
    assert_eq!(
        (last.exit_code, last.reason.as_deref(), container.restart_count),
        (7, Some("Error"), 3)
    );
    assert_eq!(status.phase.as_deref(), Some("Running"));
}

#[test]
fn the_attempt_before_is_the_last_state() {
    let status = simple(vec![ended("c", 3, 0, 0), instance("c", 1, RunState::Running)]);
    let container = &status.container_statuses.unwrap()[0];
    assert_eq!(
        container
            .last_state
            .as_ref()
            .unwrap()
            .terminated
            .as_ref()
            .unwrap()
            .exit_code,
        3
    );
    assert_eq!(container.restart_count, 1);
}

#[test]
fn failures_are_named_and_a_failed_pull_turns_into_a_back_off() {
    for (reason, seconds, shown) in [
        (FailureReason::ImagePull, 0, "ErrImagePull"),
        (FailureReason::ImagePull, 1, "ImagePullBackOff"),
        (FailureReason::InvalidImageName, 1, "InvalidImageName"),
        (FailureReason::CreateContainerConfig, 1, "CreateContainerConfigError"),
        (FailureReason::CreateContainer, 1, "CreateContainerError"),
        (FailureReason::RunContainer, 1, "RunContainerError"),
    ] {
        let status = computed(json!({}), vec![], &failed(reason), seconds);
        assert_eq!(waiting_reason(&status), shown);
        assert_eq!(status.phase.as_deref(), Some("Pending"));
    }
}

#[test]
fn a_command_that_cannot_be_executed_ends_a_pod_that_is_never_restarted() {
    let never = json!({"spec": {"restartPolicy": "Never"}});
    let status = computed(never, vec![], &failed(FailureReason::RunContainer), 1);
    let state = status.container_statuses.unwrap()[0]
        .state
        .clone()
        .unwrap()
        .terminated
        .unwrap();
    assert_eq!((state.exit_code, state.reason.as_deref()), (128, Some("StartError")));
    assert_eq!(status.phase.as_deref(), Some("Failed"));
}

#[test]
fn without_an_engine_a_pod_says_what_is_missing() {
    let obstacle = Obstacle {
        message: "no container engine was found".to_owned(),
    };
    let facts = Facts {
        obstacle: Some(obstacle),
        ..Facts::default()
    };
    let status = computed(json!({}), vec![], &facts, 0);
    assert_eq!(waiting_reason(&status), "ContainerEngineUnavailable");
    assert_eq!(
        condition(&status, "Ready").1.as_deref(),
        Some("ContainerEngineUnavailable")
    );
    assert_eq!(status.message.as_deref(), Some("no container engine was found"));
}

#[test]
fn probes_decide_about_started_and_ready() {
    for (started, ready, shown) in [(false, false, false), (true, false, false), (true, true, true)] {
        let health = Health {
            started,
            ready,
            unhealthy: None,
        };
        let facts = Facts {
            health: [("c-0".to_owned(), health)].into(),
            ..Facts::default()
        };
        let status = computed(json!({}), vec![running("c")], &facts, 0);
        let container = &status.container_statuses.as_ref().unwrap()[0];
        assert_eq!((container.started, container.ready), (Some(started), shown));
        assert_eq!(condition(&status, "Ready").0 == "True", shown);
    }
}

#[test]
fn init_containers_keep_the_pod_pending() {
    let spec = json!({"spec": {"initContainers": [{"name": "i", "image": "img"}]}});
    let status = computed(
        spec.clone(),
        vec![of_role(Role::Init, running("i"))],
        &Facts::default(),
        0,
    );
    assert_eq!(
        (status.phase.as_deref(), waiting_reason(&status).as_str()),
        (Some("Pending"), "PodInitializing")
    );
    assert_eq!(condition(&status, "Initialized").0, "False");
    let done = of_role(Role::Init, ended("i", 0, 0, 0));
    let status = computed(spec.clone(), vec![done, running("c")], &Facts::default(), 0);
    assert_eq!(
        (status.phase.as_deref(), condition(&status, "Initialized").0.as_str()),
        (Some("Running"), "True")
    );
    let never = json!({"spec": {"restartPolicy": "Never", "initContainers": [{"name": "i", "image": "img"}]}});
    let status = computed(
        never,
        vec![of_role(Role::Init, ended("i", 1, 0, 0))],
        &Facts::default(),
        0,
    );
    assert_eq!(status.phase.as_deref(), Some("Failed"));
}

#[test]
fn a_condition_keeps_the_time_of_its_last_change_and_others_conditions_stay() {
    let old = json!({"status": {"conditions": [
        {"type": "Ready", "status": "True", "lastTransitionTime": at(1).to_string()},
        {"type": "example.com/gate", "status": "True"}]}});
    let same = computed(old.clone(), vec![running("c")], &Facts::default(), 100);
    let time = |status: &PodStatus| {
        let ready = status
            .conditions
            .as_ref()
            .unwrap()
            .iter()
            .find(|condition| condition.type_ == "Ready")
            .unwrap();
        ready.last_transition_time.as_ref().unwrap().0
    };
    assert_eq!(time(&same), at(1));
    assert_eq!(condition(&same, "example.com/gate").0, "True");
    assert_eq!(time(&computed(old, vec![], &Facts::default(), 100)), at(100));
}

#[test]
fn a_pod_over_its_deadline_fails_when_it_has_stopped() {
    let spec = json!({"spec": {"activeDeadlineSeconds": 60}, "status": {"startTime": at(0).to_string()}});
    let status = computed(spec.clone(), vec![running("c")], &Facts::default(), 61);
    assert_eq!(
        (status.phase.as_deref(), status.reason.as_deref()),
        (Some("Running"), Some("DeadlineExceeded"))
    );
    let status = computed(spec, vec![ended("c", 137, 0, 0)], &Facts::default(), 61);
    assert_eq!(status.phase.as_deref(), Some("Failed"));
}
