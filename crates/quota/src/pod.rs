use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Container, Pod, PodSpec, ResourceRequirements};

use crate::{Amounts, PodTraits, Quantity, names_of};

/// What every container has to say as soon as a quota bounds it.
const MUST_BE_SAID: [&str; 6] = [
    "cpu",
    "memory",
    "requests.cpu",
    "requests.memory",
    "limits.cpu",
    "limits.memory",
];
/// What containers ask for that quotas know by its plain name.
const PLAIN: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// What a pod uses of its namespace's quotas.
#[derive(Clone, Debug)]
pub struct PodUsage {
    /// As long as the pod is stored.
    stored: Amounts,
    /// As long as it may run.
    running: Amounts,
    /// From then on it should have ended; a node that does not say so holds up nobody.
    overdue_at: Option<Timestamp>,
    pub traits: PodTraits,
}

impl PodUsage {
    pub fn of(pod: &Pod) -> Self {
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        let empty = PodSpec::default();
        let spec = pod.spec.as_ref().unwrap_or(&empty);
        let running = match phase {
            Some("Succeeded" | "Failed") => Amounts::default(),
            _ => by_quota_names(&total(spec, requests), &total(spec, limits)),
        };
        Self {
            stored: names_of("", "pods"),
            running,
            overdue_at: overdue_at(pod),
            traits: PodTraits::of(spec, asks_for_nothing(spec)),
        }
    }

    pub fn at(&self, now: Timestamp) -> Amounts {
        let mut amounts = self.stored.clone();
        if self.overdue_at.is_none_or(|end| now <= end) {
            amounts.add(&self.running);
        }
        amounts
    }

    /// When time alone will lower it.
    pub fn falls_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.overdue_at.filter(|end| *end >= now && !self.running.is_empty())
    }
}

/// Whether `name` is something that pods use while they run.
pub fn is_compute(name: &str) -> bool {
    let asked = name
        .strip_prefix("requests.")
        .or(name.strip_prefix("limits."))
        .unwrap_or(name);
    name == "pods" || PLAIN.contains(&asked) || asked.starts_with("hugepages-") || is_extended(asked) && asked != name
}

/// What containers leave unsaid though one of `bounded` bounds it: names, with the containers that lack them.
pub(crate) fn unsaid<'a>(spec: &'a PodSpec, bounded: &Amounts) -> BTreeMap<&'static str, BTreeSet<&'a str>> {
    let mut missing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for name in MUST_BE_SAID.into_iter().filter(|name| bounded.get(name).is_some()) {
        for container in containers(spec) {
            let said = by_quota_names(&requests(container), &limits(container));
            if said.get(name).is_none() {
                missing.entry(name).or_default().insert(&container.name);
            }
        }
    }
    missing
}

/// What the containers ask for together. Those that start the pod run one after the other before the rest, so only the
/// largest of them matters; those that stay run beside everything that follows.
pub(crate) fn total(spec: &PodSpec, of: fn(&Container) -> Amounts) -> Amounts {
    let mut together = Amounts::default();
    for container in &spec.containers {
        together.add(&of(container));
    }
    let (mut staying, mut starting) = (Amounts::default(), Amounts::default());
    for container in spec.init_containers.iter().flatten() {
        let mut own = of(container);
        if container.restart_policy.as_deref() == Some("Always") {
            together.add(&own);
            staying.add(&own);
            own = staying.clone();
        } else {
            own.add(&staying);
        }
        starting.raise_to(&own);
    }
    together.raise_to(&starting);
    together
}

pub(crate) fn requests(container: &Container) -> Amounts {
    amounts(container, |resources| Amounts::read(&resources.requests))
}

pub(crate) fn limits(container: &Container) -> Amounts {
    amounts(container, |resources| Amounts::read(&resources.limits))
}

fn amounts(container: &Container, of: impl Fn(&ResourceRequirements) -> Amounts) -> Amounts {
    container.resources.as_ref().map(of).unwrap_or_default()
}

fn containers(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    spec.containers.iter().chain(spec.init_containers.iter().flatten())
}

fn by_quota_names(requests: &Amounts, limits: &Amounts) -> Amounts {
    let mut amounts = Amounts::default();
    amounts.set("pods", Quantity::whole(1));
    for (name, amount) in requests.iter() {
        if PLAIN.contains(&name) || name.starts_with("hugepages-") {
            amounts.set(name, amount);
            amounts.set(format!("requests.{name}"), amount);
        } else if is_extended(name) {
            amounts.set(format!("requests.{name}"), amount);
        }
    }
    for (name, amount) in limits.iter().filter(|(name, _)| PLAIN.contains(name)) {
        amounts.set(format!("limits.{name}"), amount);
    }
    amounts
}

/// A resource of somebody else than Kubernetes, such as `example.com/gpu`.
fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.contains("kubernetes.io/")
}

fn asks_for_nothing(spec: &PodSpec) -> bool {
    let asks = |amounts: Amounts| {
        let mut named = ["cpu", "memory"].into_iter();
        named.any(|name| amounts.get(name).is_some_and(|amount| !amount.is_zero()))
    };
    !containers(spec).any(|container| asks(requests(container)) || asks(limits(container)))
}

fn overdue_at(pod: &Pod) -> Option<Timestamp> {
    let marked = pod.metadata.deletion_timestamp.as_ref()?.0;
    let grace = pod.metadata.deletion_grace_period_seconds?;
    marked.checked_add(SignedDuration::from_secs(grace)).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn now() -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }

    fn pod(value: Value) -> Pod {
        serde_json::from_value(value).unwrap()
    }

    fn used(value: Value) -> String {
        PodUsage::of(&pod(value)).at(now()).to_string()
    }

    fn asking(requests: Value) -> Value {
        json!({"name": "c", "resources": {"requests": requests}})
    }

    #[test]
    fn a_pod_uses_what_its_containers_ask_for_together() {
        let both = json!({"name": "a", "resources": {"requests": {"cpu": "100m", "memory": "64Mi"},
            "limits": {"cpu": "1", "memory": "128Mi"}}});
        assert_eq!(
            used(json!({"metadata": {}, "spec": {"containers": [both, asking(json!({"cpu": "400m"}))]}})),
            "count/pods=1,cpu=500m,limits.cpu=1,limits.memory=128Mi,memory=64Mi,pods=1,requests.cpu=500m,\
             requests.memory=64Mi"
        );
        assert_eq!(
            used(json!({"metadata": {}, "spec": {"containers": [asking(json!({"example.com/gpu": "2"}))]}})),
            "count/pods=1,pods=1,requests.example.com/gpu=2"
        );
    }

    #[test]
    fn the_largest_container_that_starts_the_pod_counts_and_those_that_stay_add_up() {
        let staying = json!({"name": "s", "restartPolicy": "Always", "resources": {"requests": {"cpu": "1"}}});
        let cases = [
            (json!([asking(json!({"cpu": "3"}))]), "3"),
            (json!([asking(json!({"cpu": "1"}))]), "2"),
            (json!([staying, asking(json!({"cpu": "1"}))]), "3"),
            (json!([staying, asking(json!({"cpu": "5"}))]), "6"),
        ];
        for (init, cpu) in cases {
            let value = json!({"metadata": {}, "spec": {"initContainers": init,
                "containers": [asking(json!({"cpu": "2"}))]}});
            let amounts = PodUsage::of(&pod(value)).at(now());
            assert_eq!(amounts.get("requests.cpu"), Quantity::parse(cpu), "{init}");
        }
    }

    #[test]
    fn pods_that_ended_or_are_overdue_use_nothing_but_their_place() {
        let containers = json!([asking(json!({"cpu": "1"}))]);
        for phase in ["Succeeded", "Failed"] {
            let ended = json!({"metadata": {}, "spec": {"containers": containers}, "status": {"phase": phase}});
            assert_eq!(used(ended), "count/pods=1");
        }
        let going = |marked: &str| {
            json!({"metadata": {"deletionTimestamp": marked, "deletionGracePeriodSeconds": 30},
                "spec": {"containers": []}})
        };
        assert_eq!(used(going("2026-01-02T03:04:00Z")), "count/pods=1,pods=1");
        assert_eq!(used(going("2026-01-02T03:03:30Z")), "count/pods=1");
        let falls = PodUsage::of(&pod(going("2026-01-02T03:04:00Z"))).falls_at(now());
        assert_eq!(falls.map(|at| at.to_string()).as_deref(), Some("2026-01-02T03:04:30Z"));
    }

    #[test]
    fn compute_names_are_told_from_counts() {
        for name in [
            "pods",
            "cpu",
            "requests.memory",
            "limits.cpu",
            "ephemeral-storage",
            "hugepages-2Mi",
            "requests.hugepages-2Mi",
            "requests.example.com/gpu",
        ] {
            assert!(is_compute(name), "{name}");
        }
        for name in [
            "secrets",
            "count/pods",
            "count/secrets",
            "openshift.io/imagestreams",
            "requests.storage",
        ] {
            assert!(!is_compute(name), "{name}");
        }
    }
}
