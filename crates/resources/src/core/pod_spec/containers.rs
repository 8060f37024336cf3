use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Container, PodSpec};
use weir_apiserver::FieldError;

use super::ImageRule;
use crate::names::{self, at};

pub(super) fn validate_containers(path: &str, spec: &PodSpec, images: ImageRule) -> Vec<FieldError> {
    let init = spec.init_containers.as_deref().unwrap_or_default();
    let volumes: BTreeSet<&str> = spec
        .volumes
        .iter()
        .flatten()
        .map(|volume| volume.name.as_str())
        .collect();
    let mut problems = Vec::new();
    if spec.containers.is_empty() {
        problems.push(FieldError::required(at(path, "containers"), ""));
    }
    let mut seen = BTreeSet::new();
    for (list, containers) in [("initContainers", init), ("containers", spec.containers.as_slice())] {
        for (index, container) in containers.iter().enumerate() {
            let here = format!("{}[{index}]", at(path, list));
            if !container.name.is_empty() && !seen.insert(container.name.as_str()) {
                problems.push(FieldError::duplicate(at(&here, "name"), &container.name));
            }
            problems.extend(validate_container(&here, container, &volumes, images));
        }
    }
    problems
}

fn validate_container(
    path: &str,
    container: &Container,
    volumes: &BTreeSet<&str>,
    images: ImageRule,
) -> Vec<FieldError> {
    let mut problems = names::required_label(&at(path, "name"), &container.name);
    let waits = matches!(images, ImageRule::MayBeEmptyIn(names) if names.contains(&container.name));
    if container.image.as_deref().unwrap_or_default().is_empty() && !waits {
        problems.push(FieldError::required(at(path, "image"), ""));
    }
    let policy = container.image_pull_policy.as_deref().unwrap_or_default();
    const POLICIES: &[&str] = &["Always", "IfNotPresent", "Never"];
    if !POLICIES.contains(&policy) {
        problems.push(FieldError::not_supported(at(path, "imagePullPolicy"), policy, POLICIES));
    }
    problems.extend(validate_ports(path, container));
    problems.extend(validate_env(path, container));
    problems.extend(validate_mounts(path, container, volumes));
    problems
}

fn validate_ports(path: &str, container: &Container) -> Vec<FieldError> {
    const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];
    let mut problems = Vec::new();
    for (index, port) in container.ports.iter().flatten().enumerate() {
        let here = format!("{path}.ports[{index}]");
        match port.container_port {
            0 => problems.push(FieldError::required(at(&here, "containerPort"), "")),
            number => problems.extend(names::port(&at(&here, "containerPort"), number)),
        }
        if let Some(number) = port.host_port.filter(|number| *number != 0) {
            problems.extend(names::port(&at(&here, "hostPort"), number));
        }
        let protocol = port.protocol.as_deref().unwrap_or_default();
        if !PROTOCOLS.contains(&protocol) {
            problems.push(FieldError::not_supported(at(&here, "protocol"), protocol, PROTOCOLS));
        }
    }
    problems
}

fn validate_env(path: &str, container: &Container) -> Vec<FieldError> {
    let mut problems = Vec::new();
    for (index, variable) in container.env.iter().flatten().enumerate() {
        let here = format!("{path}.env[{index}]");
        problems.extend(names::required_env_name(&at(&here, "name"), &variable.name));
        let has_value = variable.value.as_deref().is_some_and(|value| !value.is_empty());
        if has_value && variable.value_from.is_some() {
            let message = "may not be specified when `value` is not empty";
            problems.push(FieldError::invalid(at(&here, "valueFrom"), "", message));
        }
    }
    problems
}

fn validate_mounts(path: &str, container: &Container, volumes: &BTreeSet<&str>) -> Vec<FieldError> {
    let mut problems = Vec::new();
    let mut paths = BTreeSet::new();
    for (index, mount) in container.volume_mounts.iter().flatten().enumerate() {
        let here = format!("{path}.volumeMounts[{index}]");
        if mount.name.is_empty() {
            problems.push(FieldError::required(at(&here, "name"), ""));
        } else if !volumes.contains(mount.name.as_str()) {
            problems.push(FieldError::not_found(at(&here, "name"), &mount.name));
        }
        if mount.mount_path.is_empty() {
            problems.push(FieldError::required(at(&here, "mountPath"), ""));
        } else if !paths.insert(mount.mount_path.as_str()) {
            let message = "must be unique";
            problems.push(FieldError::invalid(at(&here, "mountPath"), &mount.mount_path, message));
        }
        let sub_path = mount.sub_path.as_deref().unwrap_or_default();
        if sub_path.starts_with('/') || sub_path.split('/').any(|part| part == "..") {
            let message = "must be a relative path without '..'";
            problems.push(FieldError::invalid(at(&here, "subPath"), sub_path, message));
        }
    }
    problems
}
