use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::NamespaceCondition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// What a pass over a namespace that is to be emptied saw.
#[derive(Debug, Default, PartialEq)]
pub struct Seen {
    /// How many objects of each kind are left, by `PLURAL.GROUP`.
    pub left: BTreeMap<String, usize>,
    /// How many of them each finalizer holds.
    pub finalizers: BTreeMap<String, usize>,
    /// Why kinds could not be listed or deleted.
    pub failures: Vec<String>,
    /// What is known of pods that should have ended by now.
    pub overdue: Vec<String>,
}

/// So many pods are named in a condition; more of them are the same story.
const PODS_NAMED: usize = 3;

/// What a condition is to say now.
struct Claim {
    kind: &'static str,
    holds_up: bool,
    reason: &'static str,
    message: String,
}

impl Seen {
    pub fn is_empty(&self) -> bool {
        self.left.is_empty() && self.failures.is_empty()
    }

    /// The conditions of the namespace. Those of `before` that say the same keep their time; those of others stay.
    pub fn conditions(&self, before: &[NamespaceCondition], now: Timestamp) -> Vec<NamespaceCondition> {
        let claims = [discovery(), versions(), self.content(), self.remaining(), self.held()];
        let is_ours = |condition: &&NamespaceCondition| claims.iter().any(|claim| claim.kind == condition.type_);
        let others = before.iter().filter(|condition| !is_ours(condition)).cloned();
        let mut conditions: Vec<NamespaceCondition> = others.collect();
        conditions.extend(claims.iter().map(|claim| claim.condition(before, now)));
        conditions
    }

    fn content(&self) -> Claim {
        let kind = "NamespaceDeletionContentFailure";
        match self.failures.as_slice() {
            [] => Claim {
                kind,
                holds_up: false,
                reason: "ContentDeleted",
                message: "All content successfully deleted, may be waiting on finalization".to_owned(),
            },
            failures => Claim {
                kind,
                holds_up: true,
                reason: "ContentDeletionFailed",
                message: format!(
                    "Failed to delete all resource types, {} remaining: {}",
                    failures.len(),
                    failures.join(", ")
                ),
            },
        }
    }

    fn remaining(&self) -> Claim {
        let kind = "NamespaceContentRemaining";
        if self.left.is_empty() {
            return Claim {
                kind,
                holds_up: false,
                reason: "ContentRemoved",
                message: "All content successfully removed".to_owned(),
            };
        }
        let left = self
            .left
            .iter()
            .map(|(kind, count)| format!("{kind} has {count} resource instances"));
        Claim {
            kind,
            holds_up: true,
            reason: "SomeResourcesRemain",
            message: format!(
                "Some resources are remaining: {}{}",
                left.collect::<Vec<_>>().join(", "),
                self.overdue()
            ),
        }
    }

    fn overdue(&self) -> String {
        let mut told: String = self
            .overdue
            .iter()
            .take(PODS_NAMED)
            .map(|pod| format!("; {pod}"))
            .collect();
        if let Some(more @ 1..) = self.overdue.len().checked_sub(PODS_NAMED) {
            told.push_str(&format!("; and {more} more"));
        }
        told
    }

    fn held(&self) -> Claim {
        let kind = "NamespaceFinalizersRemaining";
        if self.finalizers.is_empty() {
            return Claim {
                kind,
                holds_up: false,
                reason: "ContentHasNoFinalizers",
                message: "All content-preserving finalizers finished".to_owned(),
            };
        }
        let held = self
            .finalizers
            .iter()
            .map(|(finalizer, count)| format!("{finalizer} in {count} resource instances"));
        Claim {
            kind,
            holds_up: true,
            reason: "SomeFinalizersRemain",
            message: format!(
                "Some content in the namespace has finalizers remaining: {}",
                held.collect::<Vec<_>>().join(", ")
            ),
        }
    }
}

/// Every kind is known: a pass that cannot find out which there are does not come this far.
fn discovery() -> Claim {
    Claim {
        kind: "NamespaceDeletionDiscoveryFailure",
        holds_up: false,
        reason: "ResourcesDiscovered",
        message: "All resources successfully discovered".to_owned(),
    }
}

fn versions() -> Claim {
    Claim {
        kind: "NamespaceDeletionGroupVersionParsingFailure",
        holds_up: false,
        reason: "ParsedGroupVersions",
        message: "All legacy kube types successfully parsed".to_owned(),
    }
}

impl Claim {
    fn condition(&self, before: &[NamespaceCondition], now: Timestamp) -> NamespaceCondition {
        let status = if self.holds_up { "True" } else { "False" };
        let same = before
            .iter()
            .find(|condition| condition.type_ == self.kind && condition.status == status);
        NamespaceCondition {
            type_: self.kind.to_owned(),
            status: status.to_owned(),
            reason: Some(self.reason.to_owned()),
            message: Some(self.message.clone()),
            last_transition_time: same
                .and_then(|condition| condition.last_transition_time.clone())
                .or(Some(Time(now))),
        }
    }
}
