use k8s_openapi::api::core::v1::{PodAffinityTerm, PodSpec, ResourceQuotaSpec, ScopedResourceSelectorRequirement};

/// Which pods a quota is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Terminating,
    NotTerminating,
    BestEffort,
    NotBestEffort,
    PriorityClass,
    CrossNamespacePodAffinity,
}

impl Scope {
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "Terminating" => Self::Terminating,
            "NotTerminating" => Self::NotTerminating,
            "BestEffort" => Self::BestEffort,
            "NotBestEffort" => Self::NotBestEffort,
            "PriorityClass" => Self::PriorityClass,
            "CrossNamespacePodAffinity" => Self::CrossNamespacePodAffinity,
            _ => return None,
        })
    }

    /// Whether a quota of this scope can bound `name`, which is one of Kubernetes' own: pods that ask for nothing can
    /// only be counted.
    pub fn bounds(self, name: &str) -> bool {
        const COMPUTE: [&str; 6] = [
            "cpu",
            "memory",
            "limits.cpu",
            "limits.memory",
            "requests.cpu",
            "requests.memory",
        ];
        name == "pods" || self != Self::BestEffort && COMPUTE.contains(&name)
    }

    /// The scope that no quota can have together with this one.
    pub fn opposite(self) -> Option<Self> {
        match self {
            Self::Terminating => Some(Self::NotTerminating),
            Self::NotTerminating => Some(Self::Terminating),
            Self::BestEffort => Some(Self::NotBestEffort),
            Self::NotBestEffort => Some(Self::BestEffort),
            Self::PriorityClass | Self::CrossNamespacePodAffinity => None,
        }
    }
}

/// What scopes look at in a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodTraits {
    /// It ends by itself at a deadline.
    pub has_deadline: bool,
    pub asks_for_nothing: bool,
    pub priority_class: String,
    pub reaches_other_namespaces: bool,
}

impl PodTraits {
    pub fn of(spec: &PodSpec, asks_for_nothing: bool) -> Self {
        Self {
            has_deadline: spec.active_deadline_seconds.is_some_and(|seconds| seconds >= 0),
            asks_for_nothing,
            priority_class: spec.priority_class_name.clone().unwrap_or_default(),
            reaches_other_namespaces: reaches_other_namespaces(spec),
        }
    }
}

fn reaches_other_namespaces(spec: &PodSpec) -> bool {
    let Some(affinity) = &spec.affinity else { return false };
    let far = |term: &PodAffinityTerm| {
        term.namespace_selector.is_some() || term.namespaces.as_ref().is_some_and(|names| !names.is_empty())
    };
    let near = affinity.pod_affinity.iter().flat_map(|affinity| {
        let required = affinity.required_during_scheduling_ignored_during_execution.iter();
        let preferred = affinity.preferred_during_scheduling_ignored_during_execution.iter();
        let preferred = preferred.flatten().map(|weighted| &weighted.pod_affinity_term);
        required.flatten().chain(preferred)
    });
    let apart = affinity.pod_anti_affinity.iter().flat_map(|affinity| {
        let required = affinity.required_during_scheduling_ignored_during_execution.iter();
        let preferred = affinity.preferred_during_scheduling_ignored_during_execution.iter();
        let preferred = preferred.flatten().map(|weighted| &weighted.pod_affinity_term);
        required.flatten().chain(preferred)
    });
    near.chain(apart).any(far)
}

/// One condition of a quota on its pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRule {
    /// `None` for what is no scope; it has no pods.
    scope: Option<Scope>,
    operator: String,
    values: Vec<String>,
}

impl ScopeRule {
    pub fn all_of(spec: &ResourceQuotaSpec) -> Vec<Self> {
        let plain = spec.scopes.iter().flatten().map(|name| Self {
            scope: Scope::parse(name),
            operator: "Exists".to_owned(),
            values: Vec::new(),
        });
        let selected = spec.scope_selector.iter();
        let selected = selected.flat_map(|selector| selector.match_expressions.iter().flatten());
        plain.chain(selected.map(Self::from)).collect()
    }

    pub fn holds(&self, pod: &PodTraits) -> bool {
        match self.scope {
            Some(Scope::Terminating) => pod.has_deadline,
            Some(Scope::NotTerminating) => !pod.has_deadline,
            Some(Scope::BestEffort) => pod.asks_for_nothing,
            Some(Scope::NotBestEffort) => !pod.asks_for_nothing,
            Some(Scope::PriorityClass) => self.admits_class(&pod.priority_class),
            Some(Scope::CrossNamespacePodAffinity) => pod.reaches_other_namespaces,
            None => false,
        }
    }

    fn admits_class(&self, class: &str) -> bool {
        let named = !class.is_empty() && self.values.iter().any(|value| value == class);
        match self.operator.as_str() {
            "Exists" => !class.is_empty(),
            "DoesNotExist" => class.is_empty(),
            "In" => named,
            "NotIn" => !named,
            _ => false,
        }
    }
}

impl From<&ScopedResourceSelectorRequirement> for ScopeRule {
    fn from(rule: &ScopedResourceSelectorRequirement) -> Self {
        Self {
            scope: Scope::parse(&rule.scope_name),
            operator: rule.operator.clone(),
            values: rule.values.clone().unwrap_or_default(),
        }
    }
}
