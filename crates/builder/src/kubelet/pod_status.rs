use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod};
use serde_json::{Value, json};

/// How far a build pod is, with the times at which it got there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Timeline {
    pub accepted: Timestamp,
    pub fetch_started: Option<Timestamp>,
    pub fetch_ended: Option<Timestamp>,
    pub build_started: Option<Timestamp>,
    pub end: Option<End>,
    /// Runs of this build that an end of the builder has cut off.
    pub restarts: i32,
}

impl Timeline {
    /// As far as the object tells, for a pod whose run was cut off.
    pub fn of(pod: &Pod, now: Timestamp) -> Self {
        let status = pod.status.clone().unwrap_or_default();
        let first = |statuses: &[ContainerStatus]| {
            let state = statuses.first()?.state.clone()?;
            let running = state.running.and_then(|running| running.started_at);
            running
                .or_else(|| state.terminated.and_then(|terminated| terminated.started_at))
                .map(|time| time.0)
        };
        let init = status.init_container_statuses.as_deref().unwrap_or_default();
        let main = status.container_statuses.as_deref().unwrap_or_default();
        let build_started = first(main);
        Self {
            accepted: status.start_time.map_or(now, |time| time.0),
            fetch_started: first(init),
            fetch_ended: build_started,
            build_started,
            end: None,
            restarts: main.first().map(|status| status.restart_count).unwrap_or_default(),
        }
    }
}

/// The end of a build pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub at: Timestamp,
    pub outcome: Outcome,
    /// Last lines of the log, for whoever does not read it.
    pub last_words: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Succeeded,
    Failed,
    /// The whole pod took too long.
    DeadlineExceeded,
}

/// The status as a merge patch.
pub(super) fn status_patch(pod: &Pod, timeline: &Timeline) -> Value {
    let spec = pod.spec.as_ref();
    let init = spec
        .and_then(|spec| spec.init_containers.as_deref())
        .unwrap_or_default();
    let main = spec.map(|spec| spec.containers.as_slice()).unwrap_or_default();
    let initialized = timeline.build_started.is_some() || init.is_empty();
    let running = timeline.build_started.is_some() && timeline.end.is_none();
    let mut status = json!({
        "phase": phase(timeline),
        "startTime": time(timeline.accepted),
        "initContainerStatuses": statuses(init, timeline, &init_state(timeline)),
        "containerStatuses": statuses(main, timeline, &main_state(timeline)),
        "conditions": [
            condition("PodScheduled", true, timeline.accepted),
            condition("Initialized", initialized, timeline.build_started.unwrap_or(timeline.accepted)),
            condition("ContainersReady", running, changed_at(timeline)),
            condition("Ready", running, changed_at(timeline)),
        ],
    });
    if matches!(
        timeline.end,
        Some(End {
            outcome: Outcome::DeadlineExceeded,
            ..
        })
    ) {
        status["reason"] = json!("DeadlineExceeded");
        status["message"] = json!("Pod was active on the node longer than the specified deadline");
    }
    json!({ "status": status })
}

fn phase(timeline: &Timeline) -> &'static str {
    match (&timeline.end, timeline.build_started) {
        (
            Some(End {
                outcome: Outcome::Succeeded,
                ..
            }),
            _,
        ) => "Succeeded",
        (Some(_), _) => "Failed",
        (None, Some(_)) => "Running",
        (None, None) => "Pending",
    }
}

fn init_state(timeline: &Timeline) -> Value {
    match (timeline.fetch_started, timeline.fetch_ended, &timeline.end) {
        (Some(start), Some(end), _) => terminated(start, end, 0, ""),
        (Some(start), None, Some(end)) => terminated(start, end.at, exit_code(end), &end.last_words),
        (Some(start), None, None) => json!({"running": {"startedAt": time(start)}}),
        (None, _, _) => json!({"waiting": {"reason": "PodInitializing"}}),
    }
}

fn main_state(timeline: &Timeline) -> Value {
    match (timeline.build_started, &timeline.end) {
        (Some(start), Some(end)) => terminated(start, end.at, exit_code(end), &end.last_words),
        (Some(start), None) => json!({"running": {"startedAt": time(start)}}),
        // Nothing ran before it: it is the one that failed.
        (None, Some(end)) if timeline.fetch_started.is_none() => {
            terminated(timeline.accepted, end.at, exit_code(end), &end.last_words)
        }
        (None, _) => json!({"waiting": {"reason": "PodInitializing"}}),
    }
}

fn exit_code(end: &End) -> i32 {
    match end.outcome {
        Outcome::Succeeded => 0,
        Outcome::Failed => 1,
        Outcome::DeadlineExceeded => 137,
    }
}

fn terminated(start: Timestamp, end: Timestamp, exit_code: i32, last_words: &str) -> Value {
    let reason = if exit_code == 0 { "Completed" } else { "Error" };
    let mut state = json!({
        "exitCode": exit_code, "reason": reason, "startedAt": time(start), "finishedAt": time(end),
    });
    if exit_code != 0 && !last_words.is_empty() {
        state["message"] = json!(last_words);
    }
    json!({ "terminated": state })
}

fn statuses(containers: &[Container], timeline: &Timeline, state: &Value) -> Vec<Value> {
    let running = state.get("running").is_some();
    let done = state.pointer("/terminated/exitCode") == Some(&json!(0));
    let status = |container: &Container| {
        json!({
            "name": container.name,
            "image": container.image.clone().unwrap_or_default(),
            "imageID": "",
            "restartCount": timeline.restarts,
            "ready": running || done,
            "started": running,
            "state": state,
        })
    };
    containers.iter().map(status).collect()
}

fn condition(kind: &str, holds: bool, since: Timestamp) -> Value {
    let status = if holds { "True" } else { "False" };
    json!({"type": kind, "status": status, "lastTransitionTime": time(since)})
}

fn changed_at(timeline: &Timeline) -> Timestamp {
    let end = timeline.end.as_ref().map(|end| end.at);
    end.or(timeline.build_started).unwrap_or(timeline.accepted)
}

/// Objects have whole seconds.
fn time(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod() -> Pod {
        serde_json::from_value(json!({
            "metadata": {"name": "p"},
            "spec": {"initContainers": [{"name": "git-clone", "image": "weir-builder"}], "containers": [{"name": "sti-build"}]},
        }))
        .unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn end(outcome: Outcome) -> Option<End> {
        Some(End {
            at: at(40),
            outcome,
            last_words: "error: x".into(),
        })
    }

    /// Phase, state of the first init container and of the main one.
    fn seen(timeline: &Timeline) -> (String, String, String) {
        let patch = status_patch(&pod(), timeline);
        let text = |state: &Value| match state.as_object().and_then(|state| state.iter().next()) {
            Some((kind, inner)) if kind == "terminated" => format!("exit {}", inner["exitCode"]),
            Some((kind, _)) => kind.clone(),
            None => String::new(),
        };
        let status = &patch["status"];
        // The patch must be a status that clients can read.
        let _: k8s_openapi::api::core::v1::PodStatus = serde_json::from_value(status.clone()).unwrap();
        (
            status["phase"].as_str().unwrap().to_owned(),
            text(&status["initContainerStatuses"][0]["state"]),
            text(&status["containerStatuses"][0]["state"]),
        )
    }

    #[test]
    fn a_build_goes_from_pending_over_running_to_its_end() {
        let accepted = Timeline {
            accepted: at(10),
            ..Timeline::default()
        };
        let fetching = Timeline {
            fetch_started: Some(at(20)),
            ..accepted.clone()
        };
        let fetch_failed = Timeline {
            end: end(Outcome::Failed),
            ..fetching.clone()
        };
        let building = Timeline {
            fetch_ended: Some(at(25)),
            build_started: Some(at(30)),
            ..fetching.clone()
        };
        let failed = Timeline {
            end: end(Outcome::Failed),
            ..building.clone()
        };
        let succeeded = Timeline {
            end: end(Outcome::Succeeded),
            ..building.clone()
        };
        let late = Timeline {
            end: end(Outcome::DeadlineExceeded),
            ..building.clone()
        };
        let unusable = Timeline {
            end: end(Outcome::Failed),
            ..accepted.clone()
        };
        let table = [
            (accepted, ("Pending", "waiting", "waiting")),
            (fetching, ("Pending", "running", "waiting")),
            (fetch_failed, ("Failed", "exit 1", "waiting")),
            (building, ("Running", "exit 0", "running")),
            (failed, ("Failed", "exit 0", "exit 1")),
            (succeeded, ("Succeeded", "exit 0", "exit 0")),
            (late, ("Failed", "exit 0", "exit 137")),
            (unusable, ("Failed", "waiting", "exit 1")),
        ];
        for (timeline, (phase, init, main)) in table {
            assert_eq!(
                seen(&timeline),
                (phase.to_owned(), init.to_owned(), main.to_owned()),
                "{timeline:?}"
            );
        }
    }

    #[test]
    fn only_failures_have_last_words() {
        let building = Timeline {
            build_started: Some(at(30)),
            end: end(Outcome::Failed),
            ..Timeline::default()
        };
        let patch = status_patch(&pod(), &building);
        assert_eq!(
            patch["status"]["containerStatuses"][0]["state"]["terminated"]["message"],
            "error: x"
        );
        let succeeded = Timeline {
            end: end(Outcome::Succeeded),
            ..building
        };
        let patch = status_patch(&pod(), &succeeded);
        assert_eq!(
            patch["status"]["containerStatuses"][0]["state"]["terminated"]["message"],
            Value::Null
        );
        assert_eq!(patch["status"]["startTime"], "1970-01-01T00:00:00Z");
    }
}
