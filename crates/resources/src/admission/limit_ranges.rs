use k8s_openapi::api::core::v1::{Container, LimitRange, Pod};
use serde::Deserialize;
use serde_json::Value;
use weir_apiserver::{ApiError, Creation, Followed, Object};
use weir_quota::{Amounts, ContainerDefaults, Limits};

use super::per_namespace::PerNamespace;
use crate::{decode, json};

/// Where pods tell what they were given.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";

#[derive(Default)]
pub(super) struct LimitRanges {
    known: PerNamespace<Limits>,
}

impl LimitRanges {
    pub fn concern(&self, namespace: &str) -> bool {
        self.known.has(namespace)
    }

    pub fn reset(&self, objects: &[Followed<'_>]) {
        self.known.reset::<LimitRange>(objects);
    }

    pub fn changed(&self, object: Followed<'_>) {
        self.known.changed::<LimitRange>(object);
    }

    /// Gives the containers of a new pod what they do not ask for themselves.
    pub fn complete(&self, pod: &mut Object) {
        for limits in self.known.of(json::text(pod, "/metadata/namespace")) {
            let defaults = limits.defaults();
            let mut given = Vec::new();
            for (list, what) in [
                ("/spec/containers", "container"),
                ("/spec/initContainers", "init container"),
            ] {
                for container in json::items_mut(pod, list) {
                    given.extend(give(container, what, &defaults));
                }
            }
            if !given.is_empty() {
                let told = format!("LimitRanger plugin set: {}", given.join("; "));
                json::put(pod, &["metadata", "annotations", ANNOTATION], told);
            }
        }
    }

    pub fn judge(&self, pod: &Creation<'_>) -> Result<(), ApiError> {
        let ranges = self.known.of(pod.namespace);
        if ranges.is_empty() {
            return Ok(());
        }
        let spec = decode::typed::<Pod>(pod.object)?.spec.unwrap_or_default();
        for limits in ranges {
            let why = match limits.violations(&spec).as_slice() {
                [] => continue,
                [only] => only.clone(),
                many => format!("[{}]", many.join(", ")),
            };
            return Err(ApiError::forbidden(pod.resource, pod.name, why));
        }
        Ok(())
    }
}

/// Gives a container what it lacks, and tells what that was. One that cannot be read is refused later.
fn give(container: &mut Value, what: &str, defaults: &ContainerDefaults) -> Vec<String> {
    let Ok(read) = Container::deserialize(&*container) else {
        return Vec::new();
    };
    let lacking = defaults.lacking(&read);
    let mut told = Vec::new();
    for (map, word, amounts) in [
        ("requests", "request", &lacking.requests),
        ("limits", "limit", &lacking.limits),
    ] {
        if !amounts.is_empty() {
            put(container, map, amounts);
            let names: Vec<&str> = amounts.names().collect();
            told.push(format!("{} {word} for {what} {}", names.join(", "), read.name));
        }
    }
    told
}

fn put(container: &mut Value, map: &str, amounts: &Amounts) {
    for (name, amount) in amounts.iter() {
        json::put(container, &["resources", map, name], amount.to_string());
    }
}
