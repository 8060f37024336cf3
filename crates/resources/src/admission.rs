//! What is judged beyond single objects: limit ranges and quotas of the namespace.
//!
//! ```text
//! create -> complete: LimitRanges give containers what they do not ask for
//!        -> judge:    LimitRanges (is this pod within its bounds?), then Quotas (is there room for all of it?)
//! ```
//!
//! Quotas are enforced by what is stored, never by `status.used`: that is a report, which a control loop writes and which
//! may be late. Between the judgement of a creation and the moment when it is seen among what is stored, its place is
//! kept in a ledger; the look at both and the entry into the ledger are one step under one lock. So no two creations
//! get the same place, nothing is written twice, a crash leaves nothing charged that does not exist, and creations in
//! one namespace still reach the disk together.

mod ledger;
mod limit_ranges;
mod per_namespace;
mod quotas;

use std::sync::Arc;

use weir_apiserver::{
    Admission as Admits, ApiError, Creation, Followed, Follower, GroupResource, Object, Reservation, StoredObjects,
};

use crate::core::{LIMIT_RANGES, PODS, RESOURCE_QUOTAS};
use ledger::Ledger;
use limit_ranges::LimitRanges;
use quotas::Quotas;

/// What an [`Admission`] follows.
pub const FOLLOWED: [GroupResource; 2] = [LIMIT_RANGES, RESOURCE_QUOTAS];

/// Enforces limit ranges and quotas. Namespaces that have none cost two look-ups.
#[derive(Default)]
pub struct Admission {
    limit_ranges: LimitRanges,
    quotas: Quotas,
    ledger: Arc<Ledger>,
}

impl Admits for Admission {
    fn complete(&self, resource: &GroupResource, object: &mut Object) -> Result<(), ApiError> {
        if *resource == PODS {
            self.limit_ranges.complete(object);
        }
        Ok(())
    }

    fn concerns(&self, namespace: &str) -> bool {
        self.limit_ranges.concern(namespace) || self.quotas.concern(namespace)
    }

    fn judge(&self, creations: &[Creation<'_>], stored: StoredObjects<'_>) -> Result<Reservation, ApiError> {
        for pod in creations.iter().filter(|creation| *creation.resource == PODS) {
            self.limit_ranges.judge(pod)?;
        }
        self.quotas.judge(creations, stored, &self.ledger)
    }
}

impl Follower for Admission {
    fn reset(&self, resource: &GroupResource, objects: &[Followed<'_>]) {
        match *resource {
            LIMIT_RANGES => self.limit_ranges.reset(objects),
            RESOURCE_QUOTAS => self.quotas.reset(objects),
            _ => {}
        }
    }

    fn changed(&self, resource: &GroupResource, object: Followed<'_>) {
        match *resource {
            LIMIT_RANGES => self.limit_ranges.changed(object),
            RESOURCE_QUOTAS => {
                self.quotas.changed(object);
                if !self.quotas.concern(object.namespace) {
                    self.ledger.forget(object.namespace);
                }
            }
            _ => {}
        }
    }
}
