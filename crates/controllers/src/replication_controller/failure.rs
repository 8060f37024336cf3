//! The condition that tells why pods are missing.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ReplicationController, ReplicationControllerCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::error::{ReconcileError, message};

const TYPE: &str = "ReplicaFailure";
const REASON: &str = "FailedCreate";

/// The conditions with the failure, unless it is told already: what made the first pod impossible stays to be read.
pub fn noted(
    controller: &ReplicationController,
    error: &ReconcileError,
    now: Timestamp,
) -> Option<Vec<ReplicationControllerCondition>> {
    let ReconcileError::Api { source, .. } = error else {
        return None;
    };
    if is_noted(controller) {
        return None;
    }
    let mut conditions = conditions(controller).to_vec();
    conditions.push(ReplicationControllerCondition {
        type_: TYPE.to_owned(),
        status: "True".to_owned(),
        reason: Some(REASON.to_owned()),
        message: Some(message(source)),
        last_transition_time: Some(Time(now)),
    });
    Some(conditions)
}

/// The conditions without the failure, if it is told.
pub fn cleared(controller: &ReplicationController) -> Option<Vec<ReplicationControllerCondition>> {
    is_noted(controller).then(|| {
        let conditions = conditions(controller).iter();
        conditions
            .filter(|condition| condition.type_ != TYPE)
            .cloned()
            .collect()
    })
}

pub fn is_noted(controller: &ReplicationController) -> bool {
    conditions(controller).iter().any(|condition| condition.type_ == TYPE)
}

fn conditions(controller: &ReplicationController) -> &[ReplicationControllerCondition] {
    let status = controller.status.as_ref();
    status
        .and_then(|status| status.conditions.as_deref())
        .unwrap_or_default()
}
