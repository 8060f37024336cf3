use jiff::Timestamp;
use serde_json::Value;
use weir_apiserver::Object;

use crate::json;

/// A pod in one row of a table.
pub(super) struct Summary {
    pub status: String,
    pub ready: usize,
    pub total: usize,
    pub restarts: i64,
    pub last_restart: Option<Timestamp>,
}

/// The most telling word about the pod: what holds its init containers up, else what its containers do or died of, else
/// its phase; and its end above all.
pub(super) fn summary(pod: &Object) -> Summary {
    let mut reason = match json::text(pod, "/status/reason") {
        "" => json::text(pod, "/status/phase").to_owned(),
        reason => reason.to_owned(),
    };
    let init = initialization(pod);
    let (restarts, last_restart) = match &init {
        Some(_) => restarts(json::items(pod, "/status/initContainerStatuses")),
        None => restarts(json::items(pod, "/status/containerStatuses")),
    };
    let ready = json::items(pod, "/status/containerStatuses")
        .iter()
        .filter(|status| is_running_and_ready(status))
        .count();
    match init {
        Some(word) => reason = word,
        None => reason = containers_word(pod, reason),
    }
    Summary {
        status: deletion_word(pod).map_or(reason, str::to_owned),
        ready,
        total: json::items(pod, "/spec/containers").len(),
        restarts,
        last_restart,
    }
}

/// What the first unfinished init container waits for. `None`: all are done, or there are none.
fn initialization(pod: &Object) -> Option<String> {
    let total = json::items(pod, "/spec/initContainers").len();
    for (index, status) in json::items(pod, "/status/initContainerStatuses").iter().enumerate() {
        let terminated = &status["state"]["terminated"];
        if terminated["exitCode"] == 0 {
            continue;
        }
        let waiting = json::text(status, "/state/waiting/reason");
        return Some(match (terminated.is_object(), waiting) {
            (true, _) => format!("Init:{}", exit_word(terminated)),
            (false, "" | "PodInitializing") => format!("Init:{index}/{total}"),
            (false, waiting) => format!("Init:{waiting}"),
        });
    }
    None
}

fn containers_word(pod: &Object, phase: String) -> String {
    let statuses = json::items(pod, "/status/containerStatuses");
    let mut word = phase;
    // The first container has the last word.
    for status in statuses.iter().rev() {
        let waiting = json::text(status, "/state/waiting/reason");
        let terminated = &status["state"]["terminated"];
        if !waiting.is_empty() {
            word = waiting.to_owned();
        } else if terminated.is_object() {
            word = exit_word(terminated);
        }
    }
    // Some containers ended well and others go on.
    if word == "Completed" && statuses.iter().any(is_running_and_ready) {
        word = if is_condition_true(pod, "Ready") {
            "Running".into()
        } else {
            "NotReady".into()
        };
    }
    word
}

fn exit_word(terminated: &Value) -> String {
    let signal = json::number(terminated, "/signal").unwrap_or_default();
    match (json::text(terminated, "/reason"), signal) {
        ("", 0) => format!("ExitCode:{}", json::number(terminated, "/exitCode").unwrap_or_default()),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn deletion_word(pod: &Object) -> Option<&'static str> {
    if json::is_unset(pod, "/metadata/deletionTimestamp") || super::is_terminal(pod) {
        return None;
    }
    let lost = json::text(pod, "/status/reason") == "NodeLost";
    Some(if lost { "Unknown" } else { "Terminating" })
}

fn restarts(statuses: &[Value]) -> (i64, Option<Timestamp>) {
    let count = statuses
        .iter()
        .filter_map(|status| json::number(status, "/restartCount"))
        .sum();
    let ends = statuses
        .iter()
        .map(|status| json::text(status, "/lastState/terminated/finishedAt"));
    (count, ends.filter_map(|moment| moment.parse().ok()).max())
}

fn is_running_and_ready(status: &Value) -> bool {
    json::flag(status, "/ready") && status["state"]["running"].is_object()
}

fn is_condition_true(pod: &Object, kind: &str) -> bool {
    let conditions = json::items(pod, "/status/conditions");
    conditions
        .iter()
        .any(|condition| condition["type"] == kind && condition["status"] == "True")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn word(pod: Value) -> String {
        summary(&pod).status
    }

    #[test]
    fn the_word_tells_what_matters_most() {
        let container = |state: Value| json!({"status": {"phase": "Running", "containerStatuses": [{"state": state}]}});
        let init = |state: Value| {
            json!({"spec": {"initContainers": [{}, {}]}, "status": {"phase": "Pending", "initContainerStatuses": [
                {"state": {"terminated": {"exitCode": 0}}}, {"state": state}]}})
        };
        let table = [
            (json!({"status": {"phase": "Pending"}}), "Pending"),
            (json!({"status": {"phase": "Failed", "reason": "Evicted"}}), "Evicted"),
            (container(json!({"running": {}})), "Running"),
            (
                container(json!({"waiting": {"reason": "ImagePullBackOff"}})),
                "ImagePullBackOff",
            ),
            (
                container(json!({"terminated": {"exitCode": 1, "reason": "Error"}})),
                "Error",
            ),
            (container(json!({"terminated": {"exitCode": 3}})), "ExitCode:3"),
            (
                container(json!({"terminated": {"exitCode": 137, "signal": 9}})),
                "Signal:9",
            ),
            (init(json!({"running": {}})), "Init:1/2"),
            (init(json!({"waiting": {"reason": "PodInitializing"}})), "Init:1/2"),
            (
                init(json!({"waiting": {"reason": "ErrImagePull"}})),
                "Init:ErrImagePull",
            ),
            (
                init(json!({"terminated": {"exitCode": 2, "reason": "Error"}})),
                "Init:Error",
            ),
            (
                json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}, "status": {"phase": "Running"}}),
                "Terminating",
            ),
            (
                json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}, "status": {"phase": "Succeeded"}}),
                "Succeeded",
            ),
        ];
        for (pod, expected) in table {
            assert_eq!(word(pod.clone()), expected, "{pod}");
        }
    }

    #[test]
    fn restarts_are_summed_with_the_latest_moment() {
        let pod = json!({"spec": {"containers": [{}, {}]}, "status": {"containerStatuses": [
            {"restartCount": 2, "ready": true, "state": {"running": {}},
             "lastState": {"terminated": {"finishedAt": "2026-01-01T00:00:00Z"}}},
            {"restartCount": 1, "lastState": {"terminated": {"finishedAt": "2026-01-02T00:00:00Z"}}}]}});
        let summary = summary(&pod);
        assert_eq!((summary.restarts, summary.ready, summary.total), (3, 1, 2));
        assert_eq!(summary.last_restart.unwrap().to_string(), "2026-01-02T00:00:00Z");
    }
}
