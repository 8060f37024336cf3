//! `fieldPath` of a trigger: which container's image it sets.
//!
//! ```text
//! path     = base "." ( "containers" | "initContainers" ) "[" selector "]" ".image"
//! selector = integer | ?(@.name=="NAME")
//! ```

use serde_json::Value;

/// The list a container is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerList {
    Containers,
    InitContainers,
}

impl ContainerList {
    /// The field's name in a pod spec.
    pub fn field(self) -> &'static str {
        match self {
            Self::Containers => "containers",
            Self::InitContainers => "initContainers",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Containers => Self::InitContainers,
            Self::InitContainers => Self::Containers,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldPathError {
    #[error("field path is not valid: {0}")]
    Malformed(String),
    #[error("no such container: {0}")]
    NoSuchContainer(String),
}

/// Where a pod spec is in an object of `kind`; `None` for kinds that triggers do not reach.
pub(super) fn pod_spec_path(kind: &str) -> Option<&'static str> {
    match kind {
        "Pod" => Some("spec"),
        "Deployment"
        | "DaemonSet"
        | "StatefulSet"
        | "ReplicaSet"
        | "ReplicationController"
        | "Job"
        | "DeploymentConfig" => Some("spec.template.spec"),
        "CronJob" => Some("spec.jobTemplate.spec.template.spec"),
        "PodTemplate" => Some("template.spec"),
        _ => None,
    }
}

/// The container that `path` names in `pod_spec`, as list and index. `tail` is the path behind the pod spec.
///
/// A selection by name looks in the list that the path names first and then in the other: names are unique in a pod, so
/// this finds the same container as upstream, which always begins with the init containers. Single quotes are accepted
/// around the name, as much of the documentation writes them.
pub(super) fn find(pod_spec: &Value, path: &str, tail: &str) -> Result<(ContainerList, usize), FieldPathError> {
    let malformed = || FieldPathError::Malformed(path.to_owned());
    let (list, rest) = split_list(tail).ok_or_else(malformed)?;
    let selector = rest.strip_suffix("].image").ok_or_else(malformed)?;
    let found = match parse_name(selector) {
        Some(name) => position(pod_spec, list, name).or_else(|| position(pod_spec, list.other(), name)),
        None => {
            let index: usize = selector.parse().map_err(|_| malformed())?;
            Some((list, index)).filter(|_| containers(pod_spec, list).len() > index)
        }
    };
    found.ok_or_else(|| FieldPathError::NoSuchContainer(path.to_owned()))
}

fn split_list(tail: &str) -> Option<(ContainerList, &str)> {
    [ContainerList::Containers, ContainerList::InitContainers]
        .into_iter()
        .find_map(|list| Some((list, tail.strip_prefix(list.field())?.strip_prefix('[')?)))
}

fn parse_name(selector: &str) -> Option<&str> {
    let quoted = selector.strip_prefix("?(@.name==")?.strip_suffix(')')?;
    ['"', '\'']
        .into_iter()
        .find_map(|quote| quoted.strip_prefix(quote)?.strip_suffix(quote))
}

fn position(pod_spec: &Value, list: ContainerList, name: &str) -> Option<(ContainerList, usize)> {
    let index = containers(pod_spec, list)
        .iter()
        .position(|container| container["name"] == *name)?;
    Some((list, index))
}

fn containers(pod_spec: &Value, list: ContainerList) -> &[Value] {
    pod_spec[list.field()].as_array().map(Vec::as_slice).unwrap_or_default()
}
