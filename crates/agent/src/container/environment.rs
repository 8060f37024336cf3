#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use k8s_openapi::api::core::v1::{Container, EnvFromSource, EnvVar, EnvVarSource, Pod};

use super::expansion::expand;
use super::{ConfigError, quantity};
use crate::pod_view::PodView;

/// Objects that an environment or a volume takes its values from, by name. `None`: there is no such object.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub config_maps: HashMap<String, Option<BTreeMap<String, Vec<u8>>>>,
    pub secrets: HashMap<String, Option<BTreeMap<String, Vec<u8>>>>,
}

/// What the node adds to a pod's own fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Whereabouts {
    pub host_ip: String,
    pub pod_ip: String,
}

/// Names of the ConfigMaps and Secrets that the container's environment needs.
pub(crate) fn needs(container: &Container) -> (Vec<String>, Vec<String>) {
    let (mut config_maps, mut secrets) = (Vec::new(), Vec::new());
    for source in container.env_from.iter().flatten() {
        config_maps.extend(source.config_map_ref.as_ref().map(|reference| reference.name.clone()));
        secrets.extend(source.secret_ref.as_ref().map(|reference| reference.name.clone()));
    }
    for source in container
        .env
        .iter()
        .flatten()
        .filter_map(|variable| variable.value_from.as_ref())
    {
        config_maps.extend(
            source
                .config_map_key_ref
                .as_ref()
                .map(|reference| reference.name.clone()),
        );
        secrets.extend(source.secret_key_ref.as_ref().map(|reference| reference.name.clone()));
    }
    (config_maps, secrets)
}

/// The container's environment: `envFrom` first, then `env`, whose values may use what came before.
pub(crate) fn environment(
    pod: &Pod,
    container: &Container,
    sources: &Sources,
    whereabouts: &Whereabouts,
) -> Result<Vec<(String, String)>, ConfigError> {
    let mut variables = Variables::default();
    for source in container.env_from.iter().flatten() {
        add_all(&mut variables, source, sources)?;
    }
    for variable in container.env.iter().flatten() {
        if let Some(value) = value(pod, container, variable, &variables, sources, whereabouts)? {
            variables.set(variable.name.clone(), value);
        }
    }
    Ok(variables.list)
}

#[derive(Default)]
struct Variables {
    list: Vec<(String, String)>,
}

impl Variables {
    /// The last value wins and takes its place in the order.
    fn set(&mut self, name: String, value: String) {
        self.list.retain(|(known, _)| *known != name);
        self.list.push((name, value));
    }

    fn map(&self) -> BTreeMap<&str, &str> {
        self.list
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }
}

fn add_all(variables: &mut Variables, from: &EnvFromSource, sources: &Sources) -> Result<(), ConfigError> {
    let prefix = from.prefix.as_deref().unwrap_or_default();
    let (kind, name, optional, data) = if let Some(reference) = &from.config_map_ref {
        (
            "configmap",
            &reference.name,
            reference.optional,
            sources.config_maps.get(&reference.name),
        )
    } else if let Some(reference) = &from.secret_ref {
        (
            "secret",
            &reference.name,
            reference.optional,
            sources.secrets.get(&reference.name),
        )
    } else {
        return Ok(());
    };
    let Some(data) = data.and_then(Option::as_ref) else {
        return if optional == Some(true) {
            Ok(())
        } else {
            Err(missing(kind, name))
        };
    };
    for (key, value) in data {
        let name = format!("{prefix}{key}");
        // Keys may be file names; those are no variables.
        if is_variable_name(&name) {
            variables.set(name, String::from_utf8_lossy(value).into_owned());
        }
    }
    Ok(())
}

fn is_variable_name(name: &str) -> bool {
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty() && name.chars().all(valid) && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn missing(kind: &str, name: &str) -> ConfigError {
    ConfigError(format!(
        "{kind} \"{name}\" not found; create it, and the container starts"
    ))
}

/// `None`: the variable is optional and has no value.
fn value(
    pod: &Pod,
    container: &Container,
    variable: &EnvVar,
    known: &Variables,
    sources: &Sources,
    whereabouts: &Whereabouts,
) -> Result<Option<String>, ConfigError> {
    let Some(source) = &variable.value_from else {
        let text = variable.value.as_deref().unwrap_or_default();
        return Ok(Some(expand(text, &known.map())));
    };
    if let Some(field) = &source.field_ref {
        return field_value(pod, &field.field_path, whereabouts).map(Some);
    }
    if let Some(resource) = &source.resource_field_ref {
        let divisor = resource.divisor.as_ref().map(|divisor| divisor.0.as_str());
        return quantity::resource_value(container, &resource.resource, divisor).map(Some);
    }
    key_value(source, sources)
}

fn key_value(source: &EnvVarSource, sources: &Sources) -> Result<Option<String>, ConfigError> {
    let (kind, name, key, optional, data) = if let Some(reference) = &source.config_map_key_ref {
        let data = sources.config_maps.get(&reference.name);
        ("configmap", &reference.name, &reference.key, reference.optional, data)
    } else if let Some(reference) = &source.secret_key_ref {
        let data = sources.secrets.get(&reference.name);
        ("secret", &reference.name, &reference.key, reference.optional, data)
    } else {
        return Ok(None);
    };
    let object = data.and_then(Option::as_ref);
    match object.map(|data| data.get(key)) {
        Some(Some(value)) => Ok(Some(String::from_utf8_lossy(value).into_owned())),
        _ if optional == Some(true) => Ok(None),
        Some(None) => Err(ConfigError(format!("couldn't find key {key} in {kind} \"{name}\""))),
        None => Err(missing(kind, name)),
    }
}

fn field_value(pod: &Pod, path: &str, whereabouts: &Whereabouts) -> Result<String, ConfigError> {
    let spec = pod.pod_spec();
    let text = match path {
        "metadata.name" => pod.name(),
        "metadata.namespace" => pod.namespace(),
        "metadata.uid" => pod.uid(),
        "spec.nodeName" => pod.node_name(),
        "spec.serviceAccountName" => spec.service_account_name.as_deref().unwrap_or("default"),
        "status.hostIP" | "status.hostIPs" => &whereabouts.host_ip,
        "status.podIP" | "status.podIPs" => &whereabouts.pod_ip,
        _ => {
            let entry = |list: &str| {
                Some(
                    path.strip_prefix(list)?
                        .strip_prefix("['")?
                        .strip_suffix("']")?
                        .to_owned(),
                )
            };
            let labels = entry("metadata.labels").map(|key| (key, &pod.metadata.labels));
            let found = labels.or_else(|| entry("metadata.annotations").map(|key| (key, &pod.metadata.annotations)));
            let Some((key, map)) = found else {
                return Err(ConfigError(format!("fieldRef \"{path}\" is not supported")));
            };
            map.as_ref()
                .and_then(|map| map.get(&key))
                .map(String::as_str)
                .unwrap_or_default()
        }
    };
    Ok(text.to_owned())
}
