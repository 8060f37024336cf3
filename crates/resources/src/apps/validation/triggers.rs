use weir_api::apps::{DeploymentConfig, DeploymentTriggerPolicy};
use weir_apiserver::FieldError;

use crate::names::subdomain;

pub(super) fn validate(config: &DeploymentConfig, containers: &[&str]) -> Vec<FieldError> {
    let triggers = config.spec.triggers.iter().flatten();
    triggers
        .enumerate()
        .flat_map(|(index, trigger)| validate_one(index, trigger, containers))
        .collect()
}

/// Containers whose image a trigger fills in.
pub(super) fn covered_containers(config: &DeploymentConfig) -> Vec<String> {
    let params = config
        .spec
        .triggers
        .iter()
        .flatten()
        .filter_map(|trigger| trigger.image_change_params.as_ref());
    params.flat_map(|params| params.container_names.clone()).collect()
}

fn validate_one(index: usize, trigger: &DeploymentTriggerPolicy, containers: &[&str]) -> Vec<FieldError> {
    let here = format!("spec.triggers[{index}]");
    match trigger.r#type.as_str() {
        "" => vec![FieldError::required(format!("{here}.type"), "")],
        "ImageChange" => validate_image_change(&format!("{here}.imageChangeParams"), trigger, containers),
        "ConfigChange" => Vec::new(),
        other => {
            vec![FieldError::not_supported(
                format!("{here}.type"),
                other,
                &["ConfigChange", "ImageChange"],
            )]
        }
    }
}

fn validate_image_change(here: &str, trigger: &DeploymentTriggerPolicy, containers: &[&str]) -> Vec<FieldError> {
    let Some(params) = &trigger.image_change_params else {
        return vec![FieldError::required(here, "")];
    };
    let mut problems = Vec::new();
    let kind = params.from.kind.as_deref().unwrap_or_default();
    if kind != "ImageStreamTag" {
        problems.push(FieldError::invalid(
            format!("{here}.from.kind"),
            kind,
            "kind must be 'ImageStreamTag'.",
        ));
    }
    let name = params.from.name.as_deref().unwrap_or_default();
    match name.split_once(':') {
        _ if name.is_empty() => problems.push(FieldError::required(format!("{here}.from.name"), "")),
        Some((stream, tag)) if !stream.is_empty() && !tag.is_empty() && !tag.contains(':') => {}
        _ => {
            let message = "must be in the form <name>:<tag>";
            problems.push(FieldError::invalid(format!("{here}.from.name"), name, message));
        }
    }
    let namespace = params.from.namespace.as_deref().unwrap_or_default();
    if !namespace.is_empty() {
        problems.extend(subdomain(&format!("{here}.from.namespace"), namespace));
    }
    if params.container_names.is_empty() {
        problems.push(FieldError::required(format!("{here}.containerNames"), ""));
    }
    for (index, name) in params
        .container_names
        .iter()
        .enumerate()
        .filter(|(_, name)| !containers.contains(&name.as_str()))
    {
        let message = "must refer to a container of the template";
        problems.push(FieldError::invalid(
            format!("{here}.containerNames[{index}]"),
            name,
            message,
        ));
    }
    problems
}
