use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus};

use super::containers::Scene;
use crate::plan;
use crate::pod_view::{PodView, RestartPolicy};

/// The pod's phase from what its containers do, as Kubernetes defines it.
pub(super) fn phase(scene: &Scene, init: &[ContainerStatus], main: &[ContainerStatus]) -> String {
    let policy = scene.pod.restart_policy();
    let overdue = plan::deadline(scene.pod).is_some_and(|deadline| scene.now >= deadline);
    let counted = Counts::of(main);
    let phase = if overdue && counted.running == 0 {
        "Failed"
    } else if let Some(phase) = init_phase(policy, init, &counted) {
        phase
    } else {
        main_phase(policy, &counted)
    };
    phase.to_owned()
}

#[derive(Debug, Default)]
struct Counts {
    waiting: usize,
    running: usize,
    ended: usize,
    succeeded: usize,
}

impl Counts {
    fn of(statuses: &[ContainerStatus]) -> Self {
        let mut counts = Self::default();
        for status in statuses {
            let state = status.state.clone().unwrap_or_default();
            match state {
                ContainerState { running: Some(_), .. } => counts.running += 1,
                ContainerState {
                    terminated: Some(end), ..
                } => {
                    counts.ended += 1;
                    counts.succeeded += usize::from(end.exit_code == 0);
                }
                // In a back-off: it has run and will run again.
                _ if has_run_before(status) => counts.ended += 1,
                _ => counts.waiting += 1,
            }
        }
        counts
    }
}

fn has_run_before(status: &ContainerStatus) -> bool {
    status
        .last_state
        .as_ref()
        .is_some_and(|state| state.terminated.is_some())
}

fn init_phase(policy: RestartPolicy, init: &[ContainerStatus], main: &Counts) -> Option<&'static str> {
    // Containers have run, so the init containers were done.
    if main.running > 0 || main.ended > 0 {
        return None;
    }
    let exit = |status: &ContainerStatus| Some(status.state.as_ref()?.terminated.as_ref()?.exit_code);
    if policy == RestartPolicy::Never && init.iter().filter_map(exit).any(|code| code != 0) {
        return Some("Failed");
    }
    init.iter().any(|status| exit(status) != Some(0)).then_some("Pending")
}

fn main_phase(policy: RestartPolicy, counts: &Counts) -> &'static str {
    if counts.waiting > 0 {
        return "Pending";
    }
    if counts.running > 0 {
        return "Running";
    }
    match policy {
        RestartPolicy::Always => "Running",
        _ if counts.ended == counts.succeeded => "Succeeded",
        RestartPolicy::Never => "Failed",
        RestartPolicy::OnFailure => "Running",
    }
}
