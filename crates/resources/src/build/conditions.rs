//! `status.conditions` of a Build: one entry for every phase it was ever in.

use jiff::Timestamp;
use serde_json::{Value, json};
use weir_apiserver::Object;

use crate::json;

const OUT_OF_MEMORY: &str = "OutOfMemoryKilled";

/// Brings the conditions of `build` up to its phase, reason and message. `old` is what is stored: clients cannot write
/// conditions. An entry that says the same as before stays as it is.
pub(super) fn record(build: &mut Object, old: Option<&Object>, now: Timestamp) {
    let phase = json::text(build, "/status/phase").to_owned();
    let reason = json::text(build, "/status/reason").to_owned();
    let message = json::text(build, "/status/message").to_owned();
    let mut conditions: Vec<Value> = old
        .map(|old| json::items(old, "/status/conditions").to_vec())
        .unwrap_or_default();
    for condition in conditions
        .iter_mut()
        .filter(|condition| json::text(condition, "/type") != phase)
    {
        set(condition, "False", "", "", now);
    }
    match conditions
        .iter_mut()
        .find(|condition| json::text(condition, "/type") == phase)
    {
        Some(condition) => set(condition, "True", &reason, &message, now),
        None => {
            let mut condition = json!({"type": phase});
            set(&mut condition, "True", &reason, &message, now);
            conditions.push(condition);
        }
    }
    json::put(build, &["status", "conditions"], conditions);
}

fn set(condition: &mut Value, status: &str, reason: &str, message: &str, now: Timestamp) {
    let was = |field: &str| condition[field].as_str().unwrap_or_default();
    if was("status") == status && was("reason") == reason && was("message") == message {
        return;
    }
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now).to_string();
    if was("status") != status {
        condition["lastTransitionTime"] = now.clone().into();
    }
    condition["status"] = status.into();
    condition["lastUpdateTime"] = now.into();
    for (field, text) in [("reason", reason), ("message", message)] {
        if text.is_empty() {
            json::remove(condition, &format!("/{field}"));
        } else {
            condition[field] = text.into();
        }
    }
}

/// What a build failed of is told by who saw it first; only the end of memory is known better later.
pub(super) fn keep_failure(build: &mut Object, old: &Object) {
    if json::text(old, "/status/phase") != "Failed" || json::text(build, "/status/reason") == OUT_OF_MEMORY {
        return;
    }
    for field in ["/status/reason", "/status/message"] {
        json::restore(build, old, field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn build(phase: &str, reason: &str) -> Object {
        json!({"status": {"phase": phase, "reason": reason}})
    }

    fn summary(build: &Object) -> Vec<String> {
        let text = |condition: &Value, field: &str| condition[field].as_str().unwrap_or("-").to_owned();
        json::items(build, "/status/conditions")
            .iter()
            .map(|one| format!("{} {} {}", text(one, "type"), text(one, "status"), text(one, "reason")))
            .collect()
    }

    #[test]
    fn each_phase_leaves_one_condition() {
        let mut new = build("New", "");
        record(&mut new, None, at(0));
        let mut waiting = build("New", "InvalidOutputReference");
        record(&mut waiting, Some(&new), at(1));
        assert_eq!(summary(&waiting), ["New True InvalidOutputReference"]);
        let mut pending = build("Pending", "");
        record(&mut pending, Some(&waiting), at(2));
        assert_eq!(summary(&pending), ["New False -", "Pending True -"]);
        let first = &pending["status"]["conditions"][0];
        assert_eq!(first["lastTransitionTime"], at(2).to_string());
        assert_eq!(
            waiting["status"]["conditions"][0]["lastTransitionTime"],
            at(0).to_string()
        );
        assert_eq!(waiting["status"]["conditions"][0]["lastUpdateTime"], at(1).to_string());
    }

    #[test]
    fn writing_the_same_again_changes_nothing() {
        let mut new = build("New", "");
        record(&mut new, None, at(0));
        let mut same = build("New", "");
        record(&mut same, Some(&new), at(9));
        assert_eq!(same["status"]["conditions"], new["status"]["conditions"]);
    }

    #[test]
    fn the_first_reason_of_a_failure_stays() {
        let old = build("Failed", "FetchSourceFailed");
        let mut later = build("Failed", "GenericBuildFailed");
        keep_failure(&mut later, &old);
        assert_eq!(json::text(&later, "/status/reason"), "FetchSourceFailed");
        let mut memory = build("Failed", "OutOfMemoryKilled");
        keep_failure(&mut memory, &old);
        assert_eq!(json::text(&memory, "/status/reason"), "OutOfMemoryKilled");
    }
}
