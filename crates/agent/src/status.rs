//! A pod's status as the API shall show it: a pure function of the same things as the plan.

mod conditions;
mod containers;
mod difference;
mod phase;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStatus, HostIP, Pod, PodIP, PodStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::facts::Facts;
use crate::instance::{Instance, Observed, Role};
use crate::plan;
use crate::pod_view::PodView;

pub(crate) use difference::merge_patch;

/// What of this machine is in every status.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    pub host_ip: String,
    /// `docker` or `podman`: the scheme of container ids.
    pub engine_scheme: &'static str,
}

pub(crate) fn status(pod: &Pod, observed: &Observed, facts: &Facts, machine: &Machine, now: Timestamp) -> PodStatus {
    let old = pod.pod_status().cloned().unwrap_or_default();
    let scene = containers::Scene {
        pod,
        observed,
        facts,
        machine,
        now,
    };
    let init = statuses(&scene, Role::Init);
    let main = statuses(&scene, Role::Main);
    let phase = if pod.is_terminal() {
        pod.phase().to_owned()
    } else {
        phase::phase(&scene, &init, &main)
    };
    let (reason, message) = explanation(pod, &old, facts, now);
    let address = address(observed);
    PodStatus {
        conditions: Some(conditions::conditions(&scene, &phase, &init, &main)),
        reason,
        message,
        host_ip: Some(machine.host_ip.clone()),
        host_ips: Some(vec![HostIP {
            ip: machine.host_ip.clone(),
        }]),
        pod_ip: address.clone(),
        pod_ips: address.map(|ip| vec![PodIP { ip }]),
        start_time: old.start_time.clone().or_else(|| Some(Time(beginning(observed, now)))),
        init_container_statuses: (!init.is_empty()).then_some(init),
        container_statuses: Some(main),
        phase: Some(phase),
        ..old
    }
}

fn statuses(scene: &containers::Scene, role: Role) -> Vec<ContainerStatus> {
    let list = if role == Role::Init {
        scene.pod.init_containers()
    } else {
        scene.pod.main_containers()
    };
    list.iter()
        .map(|container| containers::container_status(scene, role, container))
        .collect()
}

/// When the pod was taken up. Its first status may be written after its first container has started.
fn beginning(observed: &Observed, now: Timestamp) -> Timestamp {
    observed
        .all()
        .filter_map(|instance| instance.state.created_at)
        .min()
        .map_or(now, |made| made.min(now))
}

fn address(observed: &Observed) -> Option<String> {
    let holder = observed
        .infra()
        .or_else(|| observed.of_role(Role::Main).find(|instance| instance.is_running()));
    holder
        .filter(|instance| instance.is_running())
        .and_then(|instance: &Instance| instance.address)
        .map(|ip| ip.to_string())
}

/// `reason` and `message` of the whole pod.
fn explanation(pod: &Pod, old: &PodStatus, facts: &Facts, now: Timestamp) -> (Option<String>, Option<String>) {
    if pod.is_terminal() {
        return (old.reason.clone(), old.message.clone());
    }
    if plan::deadline(pod).is_some_and(|deadline| now >= deadline) {
        let message = "Pod was active on the node longer than the specified deadline".to_owned();
        return (Some("DeadlineExceeded".to_owned()), Some(message));
    }
    (None, facts.obstacle.as_ref().map(|obstacle| obstacle.message.clone()))
}
