//! What an Event written in this group must have, which the core group asks of nobody.

use weir_apiserver::{FieldError, Object};

use crate::json;

/// Fields of the core group's older writers.
const DEPRECATED: [&str; 4] = [
    "deprecatedSource",
    "deprecatedFirstTimestamp",
    "deprecatedLastTimestamp",
    "deprecatedCount",
];
/// A series begins with the second time.
const LEAST_COUNT: i64 = 2;

/// Problems of a new Event.
pub(super) fn of_new(event: &Object) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if json::text(event, "/eventTime").is_empty() {
        problems.push(FieldError::required("eventTime", ""));
    }
    if !matches!(json::text(event, "/type"), "Normal" | "Warning") {
        let why = format!("has invalid value: {}", json::text(event, "/type"));
        problems.push(FieldError::invalid("type", "", why));
    }
    for field in DEPRECATED {
        let is_empty = |value: &serde_json::Value| value.as_object().is_some_and(serde_json::Map::is_empty);
        if !json::is_unset(event, &format!("/{field}")) && !is_empty(&event[field]) && event[field] != 0 {
            problems.push(FieldError::invalid(field, "", "needs to be unset"));
        }
    }
    problems.extend(series(event));
    problems
}

/// Problems of one that changes: what happened stays what it was, only how often can change.
pub(super) fn of_changed(event: &Object, old: &Object) -> Vec<FieldError> {
    const FIXED: [&str; 9] = [
        "regarding",
        "reason",
        "note",
        "type",
        "action",
        "related",
        "eventTime",
        "reportingController",
        "reportingInstance",
    ];
    let mut problems: Vec<FieldError> = FIXED
        .into_iter()
        .filter(|field| event[*field] != old[*field])
        .map(|field| FieldError::invalid(field, &event[field], "field is immutable"))
        .collect();
    problems.extend(series(event));
    problems
}

fn series(event: &Object) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if json::is_unset(event, "/series") {
        return problems;
    }
    if json::number(event, "/series/count").unwrap_or_default() < LEAST_COUNT {
        problems.push(FieldError::invalid("series.count", "", "should be at least 2"));
    }
    if json::text(event, "/series/lastObservedTime").is_empty() {
        problems.push(FieldError::required("series.lastObservedTime", ""));
    }
    problems
}
