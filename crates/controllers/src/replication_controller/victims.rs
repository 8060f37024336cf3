use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

use crate::ownership::annotation;
use crate::pod_facts::{container_statuses, phase, ready_since};

/// What a user says a pod's loss would cost; cheaper pods go first.
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// The `count` pods that are missed least.
pub fn choose<'a>(pods: &[&'a Pod], count: usize) -> Vec<&'a Pod> {
    let mut ranked = pods.to_vec();
    ranked.sort_by_key(|pod| worth(pod));
    ranked.truncate(count);
    ranked
}

/// Orders pods from the one missed least to the one missed most.
fn worth(pod: &Pod) -> impl Ord {
    let assigned = pod
        .spec
        .as_ref()
        .is_some_and(|spec| spec.node_name.as_deref().is_some_and(|node| !node.is_empty()));
    let phase = match phase(pod) {
        "Pending" => 0,
        "Running" => 2,
        _ => 1,
    };
    let ready = ready_since(pod);
    let cost: i64 = annotation(&pod.metadata, DELETION_COST)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let restarts: i32 = container_statuses(pod).map(|status| status.restart_count).sum();
    // Ready for long is worth more than ready for a moment, old more than young.
    let ready_for = std::cmp::Reverse(ready.unwrap_or(Timestamp::MAX));
    let age = std::cmp::Reverse(
        pod.metadata
            .creation_timestamp
            .as_ref()
            .map_or(Timestamp::MAX, |time| time.0),
    );
    let name = pod.metadata.name.clone();
    (
        assigned,
        phase,
        ready.is_some(),
        cost,
        ready_for,
        std::cmp::Reverse(restarts),
        age,
        name,
    )
}
