//! What to do next for a pod: a pure function of the pod, what the engine has, what the agent remembers, and the time.
//!
//! ```text
//! gone from the API -> tear down          being deleted -> stop, then finish the deletion
//! terminal, or over its deadline -> stop  otherwise -> network, init containers one by one, containers
//! ```
//!
//! The worker applies the actions, looks again and asks again, until nothing is left to do.

mod deletion;
mod life;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

use crate::facts::Facts;
use crate::instance::{Observed, Role};
use crate::pod_view::PodView;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    StartInfra,
    Start {
        role: Role,
        container: String,
        attempt: u32,
        crashes: u32,
    },
    Stop {
        id: String,
        grace: Duration,
        why: StopReason,
    },
    /// A stop is under way and takes too long now.
    Kill {
        id: String,
    },
    /// An instance that has ended, or never ran.
    Remove {
        id: String,
    },
    /// Everything of the pod goes, whatever its state.
    TearDown,
    /// Everything has ended: the last status is written, all goes, and the object too.
    FinishDeletion,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopReason {
    PodDeleted,
    PodFinished,
    Unhealthy,
    PostStartFailed,
    ImageChanged,
    NotInPod,
    NetworkLost,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    pub actions: Vec<Action>,
    /// Ask again then, if nothing happens before.
    pub wake_at: Option<Timestamp>,
}

impl Plan {
    fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    fn wake(&mut self, at: Timestamp) {
        self.wake_at = Some(self.wake_at.map_or(at, |known| known.min(at)));
    }
}

/// Plans for one pod. `pod` is `None` when the API has it no more.
pub(crate) fn plan(pod: Option<&Pod>, observed: &Observed, facts: &Facts, now: Timestamp) -> Plan {
    let Some(pod) = pod else { return deletion::tear_down() };
    if let Some(deadline) = pod.deleted_at() {
        return deletion::stop_and_finish(pod, deadline, observed, facts, now);
    }
    let mut plan = Plan::default();
    if is_over(pod, now, &mut plan) {
        life::stop_everything(pod, observed, facts, now, &mut plan);
    } else {
        life::go_on(pod, observed, facts, now, &mut plan);
    }
    plan
}

/// Whether nothing may start any more.
fn is_over(pod: &Pod, now: Timestamp, plan: &mut Plan) -> bool {
    if pod.is_terminal() {
        return true;
    }
    match deadline(pod) {
        Some(deadline) if now >= deadline => true,
        Some(deadline) => {
            plan.wake(deadline);
            false
        }
        None => false,
    }
}

/// When `activeDeadlineSeconds` have passed.
pub(crate) fn deadline(pod: &Pod) -> Option<Timestamp> {
    let seconds = u64::try_from(pod.pod_spec().active_deadline_seconds?).ok()?;
    let started = pod.pod_status()?.start_time.as_ref()?.0;
    started.saturating_add(Duration::from_secs(seconds)).ok()
}

/// Stops an instance, or kills it when a stop under way would end too late.
fn stop(id: &str, grace: Duration, why: StopReason, facts: &Facts, now: Timestamp, plan: &mut Plan) {
    let latest = now.saturating_add(grace).unwrap_or(Timestamp::MAX);
    match facts.stopping.get(id) {
        None => plan.act(Action::Stop {
            id: id.to_owned(),
            grace,
            why,
        }),
        Some(known) if latest.duration_since(*known).is_negative() && grace.is_zero() => {
            plan.act(Action::Kill { id: id.to_owned() });
        }
        Some(_) => {}
    }
}
