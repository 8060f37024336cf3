use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use weir_api::apps::{DeploymentCondition, DeploymentConfig, DeploymentConfigStatus};

use crate::deployment::{Deployment, Phase};
use crate::scale::max_unavailable;

const AVAILABLE: &str = "Available";
const PROGRESSING: &str = "Progressing";

/// What a condition is to say now.
struct Claim {
    kind: &'static str,
    status: &'static str,
    reason: &'static str,
    message: String,
}

/// Brings the conditions of `status` up to date with the counted pods and the latest deployment.
pub fn update(
    config: &DeploymentConfig,
    status: &mut DeploymentConfigStatus,
    latest: Option<&Deployment<'_>>,
    now: Timestamp,
) {
    set(status, availability(config, status), now);
    if let Some(claim) = latest.and_then(progress) {
        set(status, claim, now);
    }
}

/// The replication controller could not be made, because of `message`.
pub fn create_failed(status: &mut DeploymentConfigStatus, message: &str, now: Timestamp) {
    let claim = Claim {
        kind: PROGRESSING,
        status: "False",
        reason: "ReplicationControllerCreateError",
        message: message.to_owned(),
    };
    set(status, claim, now);
}

/// The replication controller `name` was made just now.
pub fn created(status: &mut DeploymentConfigStatus, name: &str, now: Timestamp) {
    set(status, created_claim(name, status.latest_version), now);
}

fn created_claim(name: &str, version: i64) -> Claim {
    Claim {
        kind: PROGRESSING,
        status: "True",
        reason: "NewReplicationControllerCreated",
        message: format!("Created new replication controller \"{name}\" for version {version}"),
    }
}

fn availability(config: &DeploymentConfig, status: &DeploymentConfigStatus) -> Claim {
    let least = config.spec.replicas.saturating_sub(max_unavailable(config));
    let enough = status.available_replicas >= least && status.available_replicas > 0;
    let (status, message) = if enough {
        ("True", "Deployment config has minimum availability.")
    } else {
        ("False", "Deployment config does not have minimum availability.")
    };
    Claim {
        kind: AVAILABLE,
        status,
        reason: "",
        message: message.to_owned(),
    }
}

fn progress(latest: &Deployment<'_>) -> Option<Claim> {
    let name = latest.name();
    let (status, reason, message) = match latest.phase() {
        Phase::New => return Some(created_claim(name, latest.version())),
        Phase::Pending => (
            "Unknown",
            "",
            format!("replication controller \"{name}\" is waiting for pod \"{name}-deploy\" to run"),
        ),
        Phase::Running => (
            "True",
            "ReplicationControllerUpdated",
            format!("replication controller \"{name}\" is progressing"),
        ),
        Phase::Complete => (
            "True",
            "NewReplicationControllerAvailable",
            format!("replication controller \"{name}\" successfully rolled out"),
        ),
        Phase::Failed if latest.is_cancelled() => (
            "False",
            "RolloutCancelled",
            format!("rollout of replication controller \"{name}\" was cancelled"),
        ),
        Phase::Failed => (
            "False",
            "ProgressDeadlineExceeded",
            format!("replication controller \"{name}\" has failed progressing"),
        ),
    };
    Some(Claim {
        kind: PROGRESSING,
        status,
        reason,
        message,
    })
}

/// Writes a condition, unless it already has this status and reason and speaks of the same thing.
fn set(status: &mut DeploymentConfigStatus, claim: Claim, now: Timestamp) {
    let held = status
        .conditions
        .iter()
        .position(|condition| condition.r#type == claim.kind);
    let before = held.map(|position| &status.conditions[position]);
    if before
        .is_some_and(|held| held.status == claim.status && held.reason == claim.reason && held.message == claim.message)
    {
        return;
    }
    let turned = before.is_none_or(|held| held.status != claim.status);
    let since = before.and_then(|held| held.last_transition_time.clone());
    let condition = DeploymentCondition {
        r#type: claim.kind.to_owned(),
        status: claim.status.to_owned(),
        last_update_time: Some(Time(now)),
        last_transition_time: if turned { Some(Time(now)) } else { since },
        reason: claim.reason.to_owned(),
        message: claim.message,
    };
    match held {
        Some(position) => status.conditions[position] = condition,
        None => status.conditions.push(condition),
    }
}
