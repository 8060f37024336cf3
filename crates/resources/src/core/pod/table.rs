use jiff::Timestamp;
use serde_json::Value;
use weir_apiserver::{Column, Object};

use super::status_text::summary;
use crate::describe::{self, AGE, NAME, column, wide};
use crate::{ages, json};

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column("Ready", "string", "How many of the containers are ready."),
    column(
        "Status",
        "string",
        "What the pod is doing, or what keeps it from doing so.",
    ),
    column(
        "Restarts",
        "string",
        "How often containers were restarted, and when last.",
    ),
    AGE,
    wide("IP", "string", "Address of the pod."),
    wide("Node", "string", "Where the pod runs."),
    wide("Nominated Node", "string", "Where the pod might run soon."),
    wide(
        "Readiness Gates",
        "string",
        "Conditions that others must set before the pod is ready.",
    ),
];

pub(super) fn cells(pod: &Object, now: Timestamp) -> Vec<Value> {
    let summary = summary(pod);
    let restarts = match summary.last_restart {
        Some(moment) => format!("{} ({} ago)", summary.restarts, ages::since(&moment.to_string(), now)),
        None => summary.restarts.to_string(),
    };
    let or_none = |path: &str| match json::text(pod, path) {
        "" => Value::from("<none>"),
        text => text.into(),
    };
    vec![
        describe::name(pod),
        format!("{}/{}", summary.ready, summary.total).into(),
        summary.status.into(),
        restarts.into(),
        describe::age(pod, now),
        or_none("/status/podIP"),
        or_none("/spec/nodeName"),
        or_none("/status/nominatedNodeName"),
        readiness_gates(pod).into(),
    ]
}

fn readiness_gates(pod: &Object) -> String {
    let gates = json::items(pod, "/spec/readinessGates");
    if gates.is_empty() {
        return "<none>".into();
    }
    let is_open = |gate: &&Value| {
        json::items(pod, "/status/conditions")
            .iter()
            .any(|condition| condition["type"] == gate["conditionType"] && condition["status"] == "True")
    };
    format!("{}/{}", gates.iter().filter(is_open).count(), gates.len())
}
