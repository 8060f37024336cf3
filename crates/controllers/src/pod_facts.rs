//! What a pod's status says, in the words that controllers use.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

/// The pod counts: it is neither finished nor on its way out.
pub fn is_active(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_none() && !is_finished(pod)
}

/// All containers have ended and none will be started again.
pub fn is_finished(pod: &Pod) -> bool {
    matches!(phase(pod), "Succeeded" | "Failed")
}

pub fn phase(pod: &Pod) -> &str {
    pod.status
        .as_ref()
        .and_then(|status| status.phase.as_deref())
        .unwrap_or("Pending")
}

/// Since when the pod is ready, if it is. A ready pod that does not say since when counts as ready since for ever.
pub fn ready_since(pod: &Pod) -> Option<Timestamp> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let ready = conditions
        .iter()
        .find(|condition| condition.type_ == "Ready" && condition.status == "True")?;
    Some(
        ready
            .last_transition_time
            .as_ref()
            .map_or(Timestamp::UNIX_EPOCH, |time| time.0),
    )
}

pub fn is_ready(pod: &Pod) -> bool {
    ready_since(pod).is_some()
}

/// How far a pod is from being available, which is being ready for `min_ready` without a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    Available,
    /// Ready, and available after this long if it stays so.
    In(Duration),
    NotReady,
}

pub fn availability(pod: &Pod, min_ready: Duration, now: Timestamp) -> Availability {
    let Some(since) = ready_since(pod) else {
        return Availability::NotReady;
    };
    let ready_for = elapsed(since, now);
    match min_ready.checked_sub(ready_for) {
        None | Some(Duration::ZERO) => Availability::Available,
        Some(rest) => Availability::In(rest),
    }
}

/// Time from `since` to `now`, zero when the clocks disagree about the order.
pub fn elapsed(since: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(since)).unwrap_or(Duration::ZERO)
}

/// Statuses of init containers and containers, in the order they run.
pub fn container_statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let status = pod.status.as_ref();
    let init = status
        .and_then(|status| status.init_container_statuses.as_deref())
        .unwrap_or_default();
    let main = status
        .and_then(|status| status.container_statuses.as_deref())
        .unwrap_or_default();
    init.iter().chain(main)
}

/// Why the pod does not get on, in one line: the first container that waits for something other than its turn, or that
/// ended badly.
pub fn hindrance(pod: &Pod) -> Option<String> {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let by_container = container_statuses(pod).find_map(|container| {
        let state = container.state.as_ref()?;
        let (reason, message) = match (&state.waiting, &state.terminated) {
            (Some(waiting), _) => (waiting.reason.as_deref()?, waiting.message.as_deref()),
            (None, Some(ended)) if ended.exit_code != 0 => (ended.reason.as_deref()?, ended.message.as_deref()),
            _ => return None,
        };
        if matches!(reason, "ContainerCreating" | "PodInitializing") {
            return None;
        }
        Some(format!(
            "pod {name}, container {}: {}",
            container.name,
            joined(reason, message)
        ))
    });
    by_container.or_else(|| {
        let status = pod.status.as_ref()?;
        let reason = status.reason.as_deref()?;
        Some(format!("pod {name}: {}", joined(reason, status.message.as_deref())))
    })
}

fn joined(reason: &str, message: Option<&str>) -> String {
    match message {
        Some(message) if !message.is_empty() => format!("{reason}: {message}"),
        _ => reason.to_owned(),
    }
}
