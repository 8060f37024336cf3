use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

use super::{Action, Plan, StopReason, stop};
use crate::facts::Facts;
use crate::instance::{Observed, Role};
use crate::pod_view::PodView;

/// Nobody waits for a pod that the API has forgotten.
pub(super) fn tear_down() -> Plan {
    Plan {
        actions: vec![Action::TearDown],
        wake_at: None,
    }
}

/// `deadline` is the deletion timestamp: when the grace period is over.
pub(super) fn stop_and_finish(
    pod: &Pod,
    deadline: Timestamp,
    observed: &Observed,
    facts: &Facts,
    now: Timestamp,
) -> Plan {
    let mut plan = Plan::default();
    let grace = remaining(pod, deadline, now);
    let mut running = observed
        .all()
        .filter(|instance| instance.role != Role::Infra && instance.is_running())
        .peekable();
    if running.peek().is_none() {
        plan.act(Action::FinishDeletion);
        return plan;
    }
    for instance in running {
        stop(&instance.id, grace, StopReason::PodDeleted, facts, now, &mut plan);
    }
    if !grace.is_zero() {
        plan.wake(deadline);
    }
    plan
}

/// What is left of the grace period. An agent that was away during it does not start it anew.
fn remaining(pod: &Pod, deadline: Timestamp, now: Timestamp) -> Duration {
    let seconds = pod
        .metadata
        .deletion_grace_period_seconds
        .and_then(|seconds| u64::try_from(seconds).ok());
    let full = seconds.map_or_else(|| pod.grace(), Duration::from_secs);
    let left = deadline.duration_since(now);
    if left.is_negative() {
        Duration::ZERO
    } else {
        left.unsigned_abs().min(full)
    }
}
