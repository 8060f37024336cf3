use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, ResourceQuota};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Written;
use serde_json::{Value, json};
use weir_quota::{Amounts, Counted, Holdings, PodUsage, Quantity, Quota};

/// The world of one quota.
pub struct Observed<'a> {
    pub quota: &'a ResourceQuota,
    /// All pods of the namespace.
    pub pods: Vec<&'a Pod>,
    /// How many objects of a kind there are in the namespace.
    pub count: &'a dyn Fn(&Counted) -> usize,
    pub now: Timestamp,
}

/// What has to be done.
#[derive(Debug, Default, PartialEq)]
pub struct Plan {
    /// A merge patch.
    pub status: Option<Value>,
    /// Time itself changes something after this long.
    pub again: Option<Duration>,
}

pub fn plan(observed: &Observed<'_>) -> Plan {
    if observed.quota.metadata.deletion_timestamp.is_some() {
        return Plan::default();
    }
    let rule = Quota::from(observed.quota);
    let mut holdings = Counting {
        pods: observed.pods.iter().map(|pod| Arc::new(PodUsage::of(pod))).collect(),
        count: observed.count,
    };
    let names = rule.hard.names();
    let used: Amounts = names
        .map(|name| {
            let Ok(used) = rule.used(&mut holdings, name, observed.now);
            (name.to_owned(), used)
        })
        .collect();
    let falls = holdings.pods.iter().filter_map(|pod| pod.falls_at(observed.now));
    Plan {
        status: status_patch(observed.quota, &rule.hard, &used),
        again: falls.min().map(|at| wait(at, observed.now)),
    }
}

/// Just past the moment, because until then the pod counts.
fn wait(at: Timestamp, now: Timestamp) -> Duration {
    let left = Duration::try_from(at.duration_since(now)).unwrap_or_default();
    left + Duration::from_millis(1)
}

fn status_patch(quota: &ResourceQuota, hard: &Amounts, used: &Amounts) -> Option<Value> {
    let status = quota.status.clone().unwrap_or_default();
    let is_true = status.hard.is_some()
        && Amounts::read(&status.hard) == *hard
        && status.used.is_some()
        && Amounts::read(&status.used) == *used;
    (!is_true).then(|| json!({"status": {"hard": change(&status.hard, hard), "used": change(&status.used, used)}}))
}

/// All amounts, and `null` for those that are no more.
fn change(old: &Option<BTreeMap<String, Written>>, new: &Amounts) -> Value {
    let gone = old.iter().flatten().map(|(name, _)| (name.clone(), Value::Null));
    let mut change: BTreeMap<String, Value> = gone.collect();
    change.extend(
        new.iter()
            .map(|(name, amount)| (name.to_owned(), amount.to_string().into())),
    );
    json!(change)
}

struct Counting<'a> {
    pods: Vec<Arc<PodUsage>>,
    count: &'a dyn Fn(&Counted) -> usize,
}

impl Holdings for Counting<'_> {
    type Error = Infallible;

    fn count(&mut self, kind: &Counted) -> Quantity {
        Quantity::whole((self.count)(kind))
    }

    fn pods(&mut self) -> Result<&[Arc<PodUsage>], Infallible> {
        Ok(&self.pods)
    }
}
