use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{PodSpec, ResourceQuota};

use crate::{Amounts, Counted, PodTraits, PodUsage, Quantity, ScopeRule, is_compute, pod};

/// One quota as it decides.
#[derive(Clone, Debug)]
pub struct Quota {
    pub name: String,
    pub hard: Amounts,
    scopes: Vec<ScopeRule>,
}

/// What a quota does not allow, as clients are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exceeded {
    pub quota: String,
    pub requested: Amounts,
    pub used: Amounts,
    pub limited: Amounts,
}

/// What a namespace holds, counted as far as somebody asks.
pub trait Holdings {
    type Error;

    /// How many objects of a kind there are.
    fn count(&mut self, kind: &Counted) -> Quantity;

    fn pods(&mut self) -> Result<&[Arc<PodUsage>], Self::Error>;
}

impl fmt::Display for Exceeded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            quota,
            requested,
            used,
            limited,
        } = self;
        write!(
            out,
            "exceeded quota: {quota}, requested: {requested}, used: {used}, limited: {limited}"
        )
    }
}

impl From<&ResourceQuota> for Quota {
    fn from(quota: &ResourceQuota) -> Self {
        let spec = quota.spec.clone().unwrap_or_default();
        Self {
            name: quota.metadata.name.clone().unwrap_or_default(),
            hard: Amounts::read(&spec.hard),
            scopes: ScopeRule::all_of(&spec),
        }
    }
}

impl Quota {
    /// Whether it is about this pod at all.
    pub fn is_about(&self, pod: &PodTraits) -> bool {
        self.scopes.iter().all(|scope| scope.holds(pod))
    }

    /// Whether it is about objects other than pods: those have no scopes.
    pub fn is_about_objects(&self) -> bool {
        self.scopes.is_empty()
    }

    /// The part of `usage` that it bounds.
    pub fn bounds(&self, usage: &Amounts) -> Amounts {
        usage.only(|name, amount| !amount.is_zero() && self.hard.get(name).is_some())
    }

    /// How much is used of what `name` names, as far as the quota is about it. Kubernetes knows more names than there are
    /// kinds here; nothing is used of them.
    ///
    /// # Errors
    /// When the holdings cannot be counted.
    pub fn used<H: Holdings>(&self, holdings: &mut H, name: &str, now: Timestamp) -> Result<Quantity, H::Error> {
        let chosen_pods = name == "count/pods" && !self.is_about_objects();
        match Counted::by(name) {
            Some(kind) if !chosen_pods && self.is_about_objects() => Ok(holdings.count(&kind)),
            _ if chosen_pods || is_compute(name) => {
                let pods = holdings.pods()?.iter().filter(|pod| self.is_about(&pod.traits));
                let amounts = pods.filter_map(|pod| pod.at(now).get(name));
                Ok(amounts.fold(Quantity::ZERO, |sum, amount| sum + amount))
            }
            _ => Ok(Quantity::ZERO),
        }
    }

    /// A pod must say how much of everything it wants that is bounded here: else it could use any amount.
    ///
    /// # Errors
    /// What is left unsaid, in the words for clients.
    pub fn check_said(&self, spec: &PodSpec) -> Result<(), String> {
        let missing = pod::unsaid(spec, &self.hard);
        if missing.is_empty() {
            return Ok(());
        }
        let missing: Vec<String> = missing
            .iter()
            .map(|(name, containers)| {
                let containers: Vec<&str> = containers.iter().copied().collect();
                format!("{name} for: {}", containers.join(","))
            })
            .collect();
        Err(format!(
            "failed quota: {}: must specify {}",
            self.name,
            missing.join("; ")
        ))
    }

    /// Whether `requested` fits beside `used`.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check_fits(&self, requested: &Amounts, used: &Amounts) -> Result<(), Exceeded> {
        let too_much = |name: &str| {
            let sum = used.get(name).unwrap_or_default() + requested.get(name).unwrap_or_default();
            self.hard.get(name).is_some_and(|hard| sum > hard)
        };
        let exceeded = requested.only(|name, _| too_much(name));
        if exceeded.is_empty() {
            return Ok(());
        }
        let same = |name: &str| exceeded.get(name).is_some();
        let used = exceeded
            .names()
            .map(|name| (name.to_owned(), used.get(name).unwrap_or_default()));
        Err(Exceeded {
            quota: self.name.clone(),
            used: used.collect(),
            limited: self.hard.only(|name, _| same(name)),
            requested: exceeded,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::Quantity;

    fn quota(spec: Value) -> Quota {
        let object = json!({"metadata": {"name": "q"}, "spec": spec});
        Quota::from(&serde_json::from_value::<ResourceQuota>(object).unwrap())
    }

    fn amounts(text: &str) -> Amounts {
        let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
        pairs
            .map(|(name, amount)| (name.to_owned(), Quantity::parse(amount).unwrap()))
            .collect()
    }

    #[test]
    fn what_does_not_fit_is_named_with_what_is_used_and_allowed() {
        let quota = quota(json!({"hard": {"pods": "2", "requests.cpu": "1", "secrets": "9"}}));
        let requested = |text: &str, used: &str| {
            let refused = quota.check_fits(&quota.bounds(&amounts(text)), &amounts(used));
            refused.map_err(|exceeded| exceeded.to_string())
        };
        assert_eq!(requested("pods=1,memory=1Gi", "pods=1"), Ok(()));
        assert_eq!(
            requested("pods=1", "pods=2").unwrap_err(),
            "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"
        );
        assert_eq!(
            requested("pods=1,requests.cpu=600m", "pods=2,requests.cpu=500m").unwrap_err(),
            "exceeded quota: q, requested: pods=1,requests.cpu=600m, used: pods=2,requests.cpu=500m, limited: \
             pods=2,requests.cpu=1"
        );
        assert_eq!(
            requested("pods=1,requests.cpu=600m", "pods=0,requests.cpu=500m").unwrap_err(),
            "exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=500m, limited: requests.cpu=1"
        );
    }

    #[test]
    fn nothing_more_fits_when_the_bound_sank_below_what_is_used() {
        let quota = quota(json!({"hard": {"pods": "0", "secrets": "5"}}));
        assert!(quota.check_fits(&amounts("pods=1"), &amounts("pods=7")).is_err());
        assert!(
            quota
                .check_fits(&amounts("secrets=1"), &amounts("pods=7,secrets=4"))
                .is_ok()
        );
    }

    #[test]
    fn containers_must_say_what_is_bounded() {
        let spec: PodSpec = serde_json::from_value(json!({"containers": [
            {"name": "b", "resources": {"requests": {"cpu": "1"}}},
            {"name": "a", "resources": {"limits": {"memory": "1Gi"}}},
        ]}))
        .unwrap();
        let check = |hard: Value| quota(json!({"hard": hard})).check_said(&spec);
        assert_eq!(check(json!({"pods": "1", "requests.ephemeral-storage": "1"})), Ok(()));
        assert_eq!(
            check(json!({"requests.cpu": "1", "limits.memory": "1"})).unwrap_err(),
            "failed quota: q: must specify limits.memory for: b; requests.cpu for: a"
        );
        assert_eq!(
            check(json!({"memory": "1"})).unwrap_err(),
            "failed quota: q: must specify memory for: a,b"
        );
    }

    #[test]
    fn scopes_choose_pods() {
        let pod = |has_deadline, asks_for_nothing, class: &str| PodTraits {
            has_deadline,
            asks_for_nothing,
            priority_class: class.to_owned(),
            reaches_other_namespaces: false,
        };
        let plain = |scopes: Value| quota(json!({"scopes": scopes}));
        let selector = |operator: &str, values: Value| {
            quota(json!({"scopeSelector": {"matchExpressions": [
                {"scopeName": "PriorityClass", "operator": operator, "values": values}]}}))
        };
        let table = [
            (plain(json!([])), pod(false, false, ""), true),
            (plain(json!(["Terminating"])), pod(true, false, ""), true),
            (plain(json!(["Terminating"])), pod(false, false, ""), false),
            (
                plain(json!(["NotTerminating", "BestEffort"])),
                pod(false, true, ""),
                true,
            ),
            (
                plain(json!(["NotTerminating", "BestEffort"])),
                pod(false, false, ""),
                false,
            ),
            (plain(json!(["NotBestEffort"])), pod(false, true, ""), false),
            (plain(json!(["CrossNamespacePodAffinity"])), pod(false, true, ""), false),
            (plain(json!(["Odd"])), pod(false, true, ""), false),
            (selector("In", json!(["high"])), pod(false, true, "high"), true),
            (selector("In", json!(["high"])), pod(false, true, ""), false),
            (selector("NotIn", json!(["high"])), pod(false, true, "low"), true),
            (selector("Exists", json!([])), pod(false, true, ""), false),
            (selector("DoesNotExist", json!([])), pod(false, true, ""), true),
        ];
        for (quota, pod, is_about) in table {
            assert_eq!(quota.is_about(&pod), is_about, "{quota:?} {pod:?}");
        }
        assert!(plain(json!([])).is_about_objects());
        assert!(!plain(json!(["BestEffort"])).is_about_objects());
    }
}
