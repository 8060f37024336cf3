use k8s_openapi::api::core::v1::{Container, LimitRange, LimitRangeItem, PodSpec};

use crate::pod::{limits, requests, total};
use crate::{Amounts, Quantity};

/// One limit range as it decides about pods.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    items: Vec<Item>,
}

#[derive(Clone, Debug)]
struct Item {
    about: About,
    min: Amounts,
    max: Amounts,
    max_ratio: Amounts,
    defaults: ContainerDefaults,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Container,
    Pod,
}

impl About {
    /// As limit ranges and messages name it.
    fn as_str(self) -> &'static str {
        match self {
            Self::Container => "Container",
            Self::Pod => "Pod",
        }
    }
}

/// What a container gets of what it does not ask for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerDefaults {
    pub limits: Amounts,
    pub requests: Amounts,
}

impl From<&LimitRange> for Limits {
    fn from(range: &LimitRange) -> Self {
        let items = range.spec.iter().flat_map(|spec| &spec.limits);
        Self {
            items: items.filter_map(Item::of).collect(),
        }
    }
}

impl Limits {
    pub fn defaults(&self) -> ContainerDefaults {
        let mut all = ContainerDefaults::default();
        for item in self.items.iter().filter(|item| item.about == About::Container) {
            for (name, amount) in item.defaults.limits.iter() {
                all.limits.set(name, amount);
            }
            for (name, amount) in item.defaults.requests.iter() {
                all.requests.set(name, amount);
            }
        }
        all
    }

    /// Everything about the pod that is not allowed, in the words for clients.
    pub fn violations(&self, spec: &PodSpec) -> Vec<String> {
        let mut found = Vec::new();
        for item in &self.items {
            match item.about {
                About::Container => {
                    let containers = spec.containers.iter().chain(spec.init_containers.iter().flatten());
                    for container in containers {
                        found.extend(item.violations(&requests(container), &limits(container)));
                    }
                }
                About::Pod => found.extend(item.violations(&total(spec, requests), &total(spec, limits))),
            }
        }
        let mut once: Vec<String> = Vec::new();
        for violation in found {
            if !once.contains(&violation) {
                once.push(violation);
            }
        }
        once
    }
}

impl Item {
    /// `None` for what limits something else than pods and containers.
    fn of(item: &LimitRangeItem) -> Option<Self> {
        let about = match item.type_.as_str() {
            "Container" => About::Container,
            "Pod" => About::Pod,
            _ => return None,
        };
        Some(Self {
            about,
            min: Amounts::read(&item.min),
            max: Amounts::read(&item.max),
            max_ratio: Amounts::read(&item.max_limit_request_ratio),
            defaults: ContainerDefaults {
                limits: Amounts::read(&item.default),
                requests: Amounts::read(&item.default_request),
            },
        })
    }

    fn violations(&self, requests: &Amounts, limits: &Amounts) -> Vec<String> {
        let bounded = |name: &str| Bounded {
            about: self.about.as_str(),
            name: name.to_owned(),
            request: requests.get(name),
            limit: limits.get(name),
        };
        let min = self.min.iter().map(|(name, bound)| bounded(name).below(bound));
        let max = self.max.iter().map(|(name, bound)| bounded(name).above(bound));
        let ratio = self.max_ratio.iter().map(|(name, bound)| bounded(name).too_far(bound));
        min.chain(max).chain(ratio).flatten().collect()
    }
}

/// What one container, or a pod, wants of one resource.
struct Bounded {
    about: &'static str,
    name: String,
    request: Option<Quantity>,
    limit: Option<Quantity>,
}

impl Bounded {
    fn below(&self, min: Quantity) -> Option<String> {
        let start = format!("minimum {} usage per {} is {min}", self.name, self.about);
        match (self.request, self.limit) {
            (None, _) => Some(format!("{start}.  No request is specified")),
            (Some(request), _) if request < min => Some(format!("{start}, but request is {request}")),
            (_, Some(limit)) if limit < min => Some(format!("{start}, but limit is {limit}")),
            _ => None,
        }
    }

    fn above(&self, max: Quantity) -> Option<String> {
        let start = format!("maximum {} usage per {} is {max}", self.name, self.about);
        match (self.limit, self.request) {
            (None, _) => Some(format!("{start}.  No limit is specified")),
            (Some(limit), _) if limit > max => Some(format!("{start}, but limit is {limit}")),
            (_, Some(request)) if request > max => Some(format!("{start}, but request is {request}")),
            _ => None,
        }
    }

    fn too_far(&self, max: Quantity) -> Option<String> {
        let start = format!("{} max limit to request ratio per {} is {max}", self.name, self.about);
        let set = |amount: Option<Quantity>| amount.filter(|amount| !amount.is_zero());
        let (request, limit) = match (set(self.request), set(self.limit)) {
            (None, _) => return Some(format!("{start}, but no request is specified or request is 0")),
            (_, None) => return Some(format!("{start}, but no limit is specified or limit is 0")),
            (Some(request), Some(limit)) => (request, limit),
        };
        let ratio = limit.ratio(request);
        (ratio > max.ratio(Quantity::whole(1))).then(|| format!("{start}, but provided ratio is {ratio:.6}"))
    }
}

impl ContainerDefaults {
    /// What `container` gets of them.
    pub fn lacking(&self, container: &Container) -> Self {
        let (own_limits, own_requests) = (limits(container), requests(container));
        Self {
            limits: self.limits.only(|name, _| own_limits.get(name).is_none()),
            requests: self.requests.only(|name, _| own_requests.get(name).is_none()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn limits(items: Value) -> Limits {
        let range = json!({"metadata": {}, "spec": {"limits": items}});
        Limits::from(&serde_json::from_value::<LimitRange>(range).unwrap())
    }

    fn pod(containers: Value) -> PodSpec {
        serde_json::from_value(json!({"containers": containers})).unwrap()
    }

    fn container(requests: Value, limits: Value) -> Value {
        json!({"name": "c", "resources": {"requests": requests, "limits": limits}})
    }

    #[test]
    fn containers_and_pods_stay_within_their_bounds() {
        let one = |type_: &str, bound: &str, cpu: &str| limits(json!([{"type": type_, bound: {"cpu": cpu}}]));
        let cpu = |amount: &str| json!({"cpu": amount});
        let table = [
            (
                one("Container", "min", "100m"),
                json!({}),
                json!({}),
                "minimum cpu usage per Container is 100m.  No request is specified",
            ),
            (
                one("Container", "min", "100m"),
                cpu("50m"),
                json!({}),
                "minimum cpu usage per Container is 100m, but request is 50m",
            ),
            (
                one("Container", "min", "100m"),
                cpu("100m"),
                cpu("50m"),
                "minimum cpu usage per Container is 100m, but limit is 50m",
            ),
            (one("Container", "min", "100m"), cpu("100m"), json!({}), ""),
            (
                one("Container", "max", "1"),
                json!({}),
                json!({}),
                "maximum cpu usage per Container is 1.  No limit is specified",
            ),
            (
                one("Container", "max", "1"),
                cpu("1"),
                cpu("2"),
                "maximum cpu usage per Container is 1, but limit is 2",
            ),
            (
                one("Container", "max", "1"),
                cpu("2"),
                cpu("1"),
                "maximum cpu usage per Container is 1, but request is 2",
            ),
            (one("Container", "max", "1"), cpu("1"), cpu("1"), ""),
            (
                one("Container", "maxLimitRequestRatio", "2"),
                json!({}),
                cpu("1"),
                "cpu max limit to request ratio per Container is 2, but no request is specified or request is 0",
            ),
            (
                one("Container", "maxLimitRequestRatio", "2"),
                cpu("1"),
                cpu("0"),
                "cpu max limit to request ratio per Container is 2, but no limit is specified or limit is 0",
            ),
            (
                one("Container", "maxLimitRequestRatio", "2"),
                cpu("100m"),
                cpu("300m"),
                "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000",
            ),
            (
                one("Container", "maxLimitRequestRatio", "2"),
                cpu("100m"),
                cpu("200m"),
                "",
            ),
            (
                one("Pod", "max", "1"),
                cpu("1"),
                cpu("2"),
                "maximum cpu usage per Pod is 1, but limit is 2",
            ),
            (one("PersistentVolumeClaim", "max", "1"), json!({}), json!({}), ""),
        ];
        for (limits, requests, asked, message) in table {
            let found = limits.violations(&pod(json!([container(requests, asked)])));
            assert_eq!(found.join(", "), message);
        }
    }

    #[test]
    fn a_pod_is_the_sum_of_its_containers_and_the_same_complaint_is_made_once() {
        let two = pod(json!([
            container(json!({}), json!({"memory": "600Mi"})),
            container(json!({}), json!({"memory": "600Mi"})),
        ]));
        let both = limits(json!([
            {"type": "Pod", "max": {"memory": "1Gi"}},
            {"type": "Container", "max": {"memory": "512Mi"}},
        ]));
        assert_eq!(
            both.violations(&two),
            [
                "maximum memory usage per Pod is 1Gi, but limit is 1200Mi",
                "maximum memory usage per Container is 512Mi, but limit is 600Mi",
            ]
        );
    }

    #[test]
    fn defaults_are_given_for_what_is_not_said() {
        let defaults = limits(json!([
            {"type": "Container", "default": {"cpu": "1", "memory": "1Gi"}, "defaultRequest": {"cpu": "500m"}},
            {"type": "Pod", "max": {"cpu": "9"}},
        ]))
        .defaults();
        let spec = pod(json!([container(json!({}), json!({"cpu": "2"}))]));
        let lacking = defaults.lacking(&spec.containers[0]);
        assert_eq!(lacking.limits.to_string(), "memory=1Gi");
        assert_eq!(lacking.requests.to_string(), "cpu=500m");
    }
}
