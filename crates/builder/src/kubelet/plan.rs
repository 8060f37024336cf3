use k8s_openapi::api::core::v1::Pod;

use crate::build::PushState;

/// What to do about a pod that nobody works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// It has ended, or is not ours.
    Leave,
    /// It is new.
    Run,
    /// Somebody began it, and nothing was pushed.
    RunAgain,
    /// Its image is in the registry; only the rest is missing.
    Complete { digest: Option<String> },
    /// Whether its image is in the registry cannot be told.
    FailInterrupted,
    /// It is to go away.
    Remove,
}

/// Decides from the object and from what an earlier run has left on disk.
pub(super) fn plan(pod: &Pod, push: &PushState) -> Action {
    if pod.metadata.deletion_timestamp.is_some() {
        return Action::Remove;
    }
    let status = pod.status.as_ref();
    if matches!(
        status.and_then(|status| status.phase.as_deref()),
        Some("Succeeded" | "Failed")
    ) {
        return Action::Leave;
    }
    match push {
        PushState::Done { digest } => Action::Complete { digest: digest.clone() },
        PushState::Begun => Action::FailInterrupted,
        PushState::NotBegun if has_begun(pod) => Action::RunAgain,
        PushState::NotBegun => Action::Run,
    }
}

/// Has a container of the pod ever run?
fn has_begun(pod: &Pod) -> bool {
    let Some(status) = &pod.status else { return false };
    let statuses = status
        .init_container_statuses
        .iter()
        .flatten()
        .chain(status.container_statuses.iter().flatten());
    statuses
        .filter_map(|status| status.state.as_ref())
        .any(|state| state.running.is_some() || state.terminated.is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(status: serde_json::Value, deleted: bool) -> Pod {
        let mut pod = json!({"metadata": {"name": "p"}, "status": status});
        if deleted {
            pod["metadata"]["deletionTimestamp"] = json!("2026-11-23T10:00:00Z");
        }
        serde_json::from_value(pod).unwrap()
    }

    #[test]
    fn each_situation_has_its_action() {
        let fresh = json!({"phase": "Pending"});
        let waiting = json!({"phase": "Pending", "startTime": "2026-11-23T10:00:00Z",
                             "initContainerStatuses": [{"name": "git-clone", "image": "", "imageID": "", "ready": false, "restartCount": 0,
                                                        "state": {"waiting": {"reason": "PodInitializing"}}}]});
        let cloning = json!({"phase": "Pending", "initContainerStatuses": [
            {"name": "git-clone", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": {"running": {}}}]});
        let running = json!({"phase": "Running", "containerStatuses": [
            {"name": "sti-build", "image": "", "imageID": "", "ready": true, "restartCount": 0, "state": {"running": {}}}]});
        let begun = PushState::Begun;
        let done = PushState::Done {
            digest: Some("sha256:1".into()),
        };
        let none = PushState::NotBegun;
        let complete = Action::Complete {
            digest: Some("sha256:1".into()),
        };
        let table = [
            (pod(fresh.clone(), false), &none, Action::Run),
            (pod(waiting, false), &none, Action::Run),
            (pod(cloning, false), &none, Action::RunAgain),
            (pod(running.clone(), false), &none, Action::RunAgain),
            (pod(running.clone(), false), &begun, Action::FailInterrupted),
            (pod(running.clone(), false), &done, complete),
            (pod(json!({"phase": "Succeeded"}), false), &done, Action::Leave),
            (pod(json!({"phase": "Failed"}), false), &begun, Action::Leave),
            (pod(running, true), &none, Action::Remove),
            (pod(json!({"phase": "Succeeded"}), true), &done, Action::Remove),
        ];
        for (pod, push, expected) in table {
            assert_eq!(plan(&pod, push), expected, "{:?} {push:?}", pod.status);
        }
    }
}
