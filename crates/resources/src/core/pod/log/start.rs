use std::time::Duration;

use serde_json::Value;
use weir_apiserver::{ApiError, Object, RequestContext};

use super::super::super::PODS;
use super::super::is_terminal;
use crate::json;

/// How long somebody who follows a log waits for its first line.
const FOLLOW_WAIT: Duration = Duration::from_secs(600);
/// Why a container does not run that will run without anybody's help.
const PASSING: [&str; 3] = ["", "ContainerCreating", "PodInitializing"];

/// The pod once there is a log of the container to follow, or once it is clear that waiting does not bring one: the
/// node knows the reason then.
pub(super) async fn started(cx: &RequestContext, pod: Object, container: &str) -> Result<Object, ApiError> {
    if !is_coming(&pod, container) {
        return Ok(pod);
    }
    let name = json::text(&pod, "/metadata/name");
    match tokio::time::timeout(FOLLOW_WAIT, start(cx, name, container)).await {
        Ok(pod) => pod,
        Err(_) => {
            let seconds = FOLLOW_WAIT.as_secs();
            let why = format!("timed out waiting for container {container} of pod {name} to start after {seconds}s");
            Err(ApiError::timeout(why, 1))
        }
    }
}

async fn start(cx: &RequestContext, name: &str, container: &str) -> Result<Object, ApiError> {
    let mut changes = cx.objects.watch_object(&PODS, &cx.namespace, name).await?;
    while let Some(pod) = changes.next().await? {
        if !is_coming(&pod, container) {
            return Ok(pod);
        }
    }
    Err(ApiError::not_found(&PODS, name))
}

/// Whether the container has not started, and nothing is known that keeps it from starting.
fn is_coming(pod: &Object, container: &str) -> bool {
    if has_started(pod, container) || is_terminal(pod) || !json::is_unset(pod, "/metadata/deletionTimestamp") {
        return false;
    }
    let reason = status_of(pod, container).map_or("", |status| json::text(status, "/state/waiting/reason"));
    PASSING.contains(&reason)
}

/// Whether the container has run or runs, and so has a log.
pub(crate) fn has_started(pod: &Object, container: &str) -> bool {
    let places = ["/state/running", "/state/terminated", "/lastState/terminated"];
    status_of(pod, container).is_some_and(|status| places.iter().any(|place| !json::is_unset(status, place)))
}

fn status_of<'a>(pod: &'a Object, container: &str) -> Option<&'a Value> {
    let statuses = |path| json::items(pod, path).iter();
    statuses("/status/initContainerStatuses")
        .chain(statuses("/status/containerStatuses"))
        .find(|status| json::text(status, "/name") == container)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_comes_by_itself_is_waited_for() {
        let pod = |state: Value| json!({"status": {"phase": "Pending", "containerStatuses": [state]}});
        for (state, coming) in [
            (json!({"name": "other"}), true),
            (
                json!({"name": "c", "state": {"waiting": {"reason": "ContainerCreating"}}}),
                true,
            ),
            (
                json!({"name": "c", "state": {"waiting": {"reason": "ErrImagePull"}}}),
                false,
            ),
            (json!({"name": "c", "state": {"running": {"startedAt": "x"}}}), false),
            (
                json!({"name": "c", "state": {"waiting": {"reason": "ContainerCreating"}}, "lastState": {"terminated": {"exitCode": 1}}}),
                false,
            ),
        ] {
            assert_eq!(is_coming(&pod(state.clone()), "c"), coming, "{state}");
        }
        let mut leaving = pod(json!({"name": "other"}));
        leaving["metadata"] = json!({"deletionTimestamp": "2026-01-01T00:00:00Z"});
        assert!(!is_coming(&leaving, "c"));
    }
}
