use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus,
    Pod,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::Machine;
use crate::backoff;
use crate::facts::{Facts, Failure, FailureReason, Obstacle};
use crate::instance::{Instance, Observed, Role};
use crate::pod_view::{PodView, RestartPolicy};

/// Exit code of a command that could not be executed at all.
const CANNOT_EXECUTE: i32 = 128;

pub(super) struct Scene<'a> {
    pub pod: &'a Pod,
    pub observed: &'a Observed,
    pub facts: &'a Facts,
    pub machine: &'a Machine,
    pub now: Timestamp,
}

pub(super) fn container_status(scene: &Scene, role: Role, container: &Container) -> ContainerStatus {
    let newest = scene
        .observed
        .newest(role, &container.name)
        .filter(|instance| has_run(instance));
    let previous = scene.observed.previous(role, &container.name);
    let image = container.image.clone().unwrap_or_default();
    let mut status = ContainerStatus {
        name: container.name.clone(),
        restart_count: newest.map_or_else(
            || known_restarts(scene.pod, &container.name),
            |instance| count(instance.attempt),
        ),
        container_id: newest.map(|instance| container_id(scene, instance)),
        image_id: newest.map(|instance| instance.image_id.clone()).unwrap_or_default(),
        image: newest.map_or(image, |instance| instance.image.clone()),
        state: Some(state(scene, role, container, newest)),
        last_state: last_state(scene, newest, previous),
        started: Some(newest.is_some_and(|instance| is_started(scene, instance))),
        ready: newest.is_some_and(|instance| is_ready(scene, role, instance)),
        ..ContainerStatus::default()
    };
    if status.state.as_ref().is_some_and(|state| state.waiting.is_some()) && newest.is_some_and(Instance::has_ended) {
        status.last_state = newest.map(|instance| terminated(scene, instance));
    }
    status
}

fn has_run(instance: &Instance) -> bool {
    instance.is_running() || instance.has_ended()
}

fn count(attempt: u32) -> i32 {
    i32::try_from(attempt).unwrap_or(i32::MAX)
}

fn known_restarts(pod: &Pod, container: &str) -> i32 {
    let Some(status) = pod.pod_status() else { return 0 };
    let lists = [&status.container_statuses, &status.init_container_statuses];
    let known = lists
        .into_iter()
        .flatten()
        .flatten()
        .find(|status| status.name == container);
    known.map_or(0, |status| status.restart_count)
}

fn container_id(scene: &Scene, instance: &Instance) -> String {
    format!("{}://{}", scene.machine.engine_scheme, instance.id)
}

/// No word from the probes yet means: not before they have spoken, if there are any.
fn is_started(scene: &Scene, instance: &Instance) -> bool {
    instance.is_running()
        && !scene.facts.post_start.contains_key(&instance.id)
        && scene.facts.health.get(&instance.id).is_none_or(|health| health.started)
}

fn is_ready(scene: &Scene, role: Role, instance: &Instance) -> bool {
    match role {
        Role::Init => instance.succeeded(),
        Role::Main | Role::Infra => {
            instance.is_running()
                && !scene.facts.post_start.contains_key(&instance.id)
                && scene
                    .facts
                    .health
                    .get(&instance.id)
                    .is_none_or(|health| health.started && health.ready)
        }
    }
}

fn state(scene: &Scene, role: Role, container: &Container, newest: Option<&Instance>) -> ContainerState {
    let failure = scene.facts.failures.get(&container.name);
    match newest {
        Some(instance) if instance.is_running() => running(instance),
        Some(instance) => match why_it_waits(scene, role, container, instance, failure) {
            Some((reason, message)) => waiting(reason, message),
            None => terminated(scene, instance),
        },
        None => match failure {
            Some(failure) if failure.reason == FailureReason::RunContainer && is_final(scene) => never_ran(failure),
            _ => {
                let (reason, message) = why_not_started(scene, role, failure);
                waiting(reason, message)
            }
        },
    }
}

fn is_final(scene: &Scene) -> bool {
    scene.pod.restart_policy() == RestartPolicy::Never
}

fn waiting(reason: &str, message: Option<String>) -> ContainerState {
    let waiting = ContainerStateWaiting {
        reason: Some(reason.to_owned()),
        message,
    };
    ContainerState {
        waiting: Some(waiting),
        ..ContainerState::default()
    }
}

fn running(instance: &Instance) -> ContainerState {
    let running = ContainerStateRunning {
        started_at: instance.state.started_at.map(Time),
    };
    ContainerState {
        running: Some(running),
        ..ContainerState::default()
    }
}

fn terminated(scene: &Scene, instance: &Instance) -> ContainerState {
    let state = &instance.state;
    let code = state
        .exit_code
        .and_then(|code| i32::try_from(code).ok())
        .unwrap_or(CANNOT_EXECUTE);
    let reason = match code {
        _ if state.oom_killed => "OOMKilled",
        0 => "Completed",
        _ => "Error",
    };
    let terminated = ContainerStateTerminated {
        container_id: Some(container_id(scene, instance)),
        exit_code: code,
        reason: Some(reason.to_owned()),
        message: state.error.clone(),
        started_at: state.started_at.map(Time),
        finished_at: state.finished_at.map(Time),
        signal: None,
    };
    ContainerState {
        terminated: Some(terminated),
        ..ContainerState::default()
    }
}

fn never_ran(failure: &Failure) -> ContainerState {
    let terminated = ContainerStateTerminated {
        exit_code: CANNOT_EXECUTE,
        reason: Some("StartError".to_owned()),
        message: Some(failure.message.clone()),
        finished_at: Some(Time(failure.at)),
        ..ContainerStateTerminated::default()
    };
    ContainerState {
        terminated: Some(terminated),
        ..ContainerState::default()
    }
}

/// The attempt before the newest; from the last status when the engine has it no more.
fn last_state(scene: &Scene, newest: Option<&Instance>, previous: Option<&Instance>) -> Option<ContainerState> {
    if let Some(previous) = previous.filter(|instance| instance.has_ended()) {
        return Some(terminated(scene, previous));
    }
    let name = newest.map(|instance| instance.container.as_str())?;
    let status = scene.pod.pod_status()?;
    let lists = [&status.container_statuses, &status.init_container_statuses];
    lists
        .into_iter()
        .flatten()
        .flatten()
        .find(|status| status.name == name)?
        .last_state
        .clone()
}

/// Why a container that ended will run again but does not yet. `None`: it will not.
fn why_it_waits<'a>(
    scene: &Scene,
    role: Role,
    container: &Container,
    ended: &Instance,
    failure: Option<&'a Failure>,
) -> Option<(&'a str, Option<String>)> {
    let policy = scene.pod.restart_policy();
    let restarts = match (policy, role) {
        (RestartPolicy::Never, _) => false,
        (RestartPolicy::Always, Role::Main | Role::Infra) => true,
        (RestartPolicy::Always | RestartPolicy::OnFailure, _) => !ended.succeeded(),
    };
    if !restarts || scene.pod.is_terminal() || scene.pod.deleted_at().is_some() {
        return None;
    }
    if let Some(failure) = failure {
        return Some((shown(failure, scene.now), Some(failure.message.clone())));
    }
    if backoff::restart_at(ended) <= scene.now {
        return None;
    }
    let pause = backoff::pause(ended).as_secs();
    let (name, pod, namespace) = (&container.name, scene.pod.name(), scene.pod.namespace());
    let message = format!("back-off {pause}s restarting failed container={name} pod={pod}_{namespace}");
    Some(("CrashLoopBackOff", Some(message)))
}

/// Why a container has not run yet.
fn why_not_started<'a>(scene: &Scene, role: Role, failure: Option<&'a Failure>) -> (&'a str, Option<String>) {
    if let Some(obstacle) = &scene.facts.obstacle {
        return (Obstacle::REASON, Some(obstacle.message.clone()));
    }
    if let Some(failure) = failure.or_else(|| scene.facts.failures.get("")) {
        return (shown(failure, scene.now), Some(failure.message.clone()));
    }
    let waits_for_init = role == Role::Main
        && scene.observed.of_role(Role::Main).next().is_none()
        && scene.pod.init_containers().iter().any(|init| {
            !scene
                .observed
                .newest(Role::Init, &init.name)
                .is_some_and(Instance::succeeded)
        });
    (
        if waits_for_init {
            "PodInitializing"
        } else {
            "ContainerCreating"
        },
        None,
    )
}

/// A pull that failed is an error when it happens, and a back-off until the next try.
fn shown(failure: &Failure, now: Timestamp) -> &'static str {
    if failure.reason == FailureReason::ImagePull && now > failure.at && now < failure.next_try() {
        return "ImagePullBackOff";
    }
    failure.reason.as_str()
}
