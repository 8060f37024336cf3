use weir_apiserver::Object;

use crate::json;

/// Used when the pod does not say.
const DEFAULT_GRACE_SECONDS: u32 = 30;

/// Seconds a deleted pod stays for its containers to stop. The node ends it with a DELETE of grace 0. A pod that no node
/// knows, or of which nothing runs any more, goes at once.
pub(super) fn grace(pod: &Object, requested: Option<u32>) -> Option<u32> {
    let nobody_stops_it = json::text(pod, "/spec/nodeName").is_empty() || super::is_terminal(pod);
    if nobody_stops_it || requested == Some(0) {
        return None;
    }
    let own = json::number(pod, "/spec/terminationGracePeriodSeconds").and_then(|own| u32::try_from(own).ok());
    // A grace of its own that is 0 still leaves the stopping to the node.
    Some(requested.or(own).unwrap_or(DEFAULT_GRACE_SECONDS).max(1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_pods_that_run_get_time_to_stop() {
        let running =
            json!({"spec": {"nodeName": "n", "terminationGracePeriodSeconds": 7}, "status": {"phase": "Running"}});
        let table = [
            (&running, None, Some(7)),
            (&running, Some(3), Some(3)),
            (&running, Some(0), None),
            (
                &json!({"spec": {"nodeName": "n"}, "status": {"phase": "Pending"}}),
                None,
                Some(30),
            ),
            (
                &json!({"spec": {"nodeName": "n", "terminationGracePeriodSeconds": 0}}),
                None,
                Some(1),
            ),
            (&json!({"spec": {}, "status": {"phase": "Pending"}}), Some(3), None),
            (
                &json!({"spec": {"nodeName": "n"}, "status": {"phase": "Succeeded"}}),
                None,
                None,
            ),
            (
                &json!({"spec": {"nodeName": "n"}, "status": {"phase": "Failed"}}),
                None,
                None,
            ),
        ];
        for (pod, requested, expected) in table {
            assert_eq!(grace(pod, requested), expected, "{pod} {requested:?}");
        }
    }
}
