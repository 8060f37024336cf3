//! The rules that DeploymentConfigs must keep, as field errors.

mod hooks;
mod strategy;
mod triggers;

use weir_api::apps::DeploymentConfig;
use weir_api::core::PodTemplateSpec;
use weir_apiserver::FieldError;

use crate::core::pod_spec::{ImageRule, validate_template};

pub(super) fn deployment_config(config: &DeploymentConfig) -> Vec<FieldError> {
    let spec = &config.spec;
    let mut problems = Vec::new();
    if spec.replicas < 0 {
        problems.push(FieldError::invalid(
            "spec.replicas",
            spec.replicas,
            "replicas cannot be negative",
        ));
    }
    if spec.revision_history_limit.is_some_and(|limit| limit < 0) {
        let message = "must be greater than or equal to 0";
        problems.push(FieldError::invalid(
            "spec.revisionHistoryLimit",
            spec.revision_history_limit,
            message,
        ));
    }
    if spec.selector.is_empty() {
        problems.push(FieldError::invalid(
            "spec.selector",
            &spec.selector,
            "selector cannot be empty",
        ));
    }
    let containers = containers(config);
    problems.extend(strategy::validate(spec, &containers));
    problems.extend(triggers::validate(config, &containers));
    match &spec.template {
        Some(template) => problems.extend(template_problems(config, template)),
        None => problems.push(FieldError::required("spec.template", "")),
    }
    problems
}

/// Names of all containers of the template, init containers included.
fn containers(config: &DeploymentConfig) -> Vec<&str> {
    let spec = config
        .spec
        .template
        .as_ref()
        .and_then(|template| template.spec.as_ref());
    let init = spec.iter().flat_map(|spec| spec.init_containers.iter().flatten());
    let main = spec.iter().flat_map(|spec| &spec.containers);
    init.chain(main).map(|container| container.name.as_str()).collect()
}

fn template_problems(config: &DeploymentConfig, template: &PodTemplateSpec) -> Vec<FieldError> {
    let covered = triggers::covered_containers(config);
    let mut problems = validate_template("spec.template", template, ImageRule::MayBeEmptyIn(&covered));
    let labels = template
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.labels.clone())
        .unwrap_or_default();
    if !config
        .spec
        .selector
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
    {
        let message = "`selector` does not match template `labels`";
        problems.push(FieldError::invalid("spec.template.metadata.labels", labels, message));
    }
    problems
}

#[cfg(test)]
mod tests;
