use weir_api::build::{
    BuildStrategy, BuildVolume, CustomBuildStrategy, DockerBuildStrategy, JenkinsPipelineBuildStrategy,
    SourceBuildStrategy,
};
use weir_api::core::{EnvVar, ObjectReference};
use weir_apiserver::FieldError;

use super::{secret_reference, stays_inside};
use crate::names;

const EXACTLY_ONE: &str = "must provide a value for exactly one of sourceStrategy, customStrategy, dockerStrategy, or \
    jenkinsPipelineStrategy";
const IMAGE_KINDS: [&str; 3] = ["ImageStreamTag", "ImageStreamImage", "DockerImage"];
const OPTIMIZATIONS: &[&str] = &["None", "SkipLayers", "SkipLayersAndWarn"];
const JENKINSFILE_MAX: usize = 100_000;

pub(super) fn validate(strategy: &BuildStrategy) -> Vec<FieldError> {
    let mut problems = Vec::new();
    let set = [
        strategy.source_strategy.is_some(),
        strategy.docker_strategy.is_some(),
        strategy.custom_strategy.is_some(),
        strategy.jenkins_pipeline_strategy.is_some(),
    ];
    if set.iter().filter(|set| **set).count() != 1 {
        problems.push(FieldError::invalid("spec.strategy", "", EXACTLY_ONE));
        return problems;
    }
    if let Some(docker) = &strategy.docker_strategy {
        problems.extend(validate_docker(docker));
    }
    if let Some(source) = &strategy.source_strategy {
        problems.extend(validate_source(source));
    }
    if let Some(custom) = &strategy.custom_strategy {
        problems.extend(validate_custom(custom));
    }
    if let Some(pipeline) = &strategy.jenkins_pipeline_strategy {
        problems.extend(validate_pipeline(pipeline));
    }
    problems
}

fn no_volumes(at: &str, volumes: &[BuildVolume]) -> Option<FieldError> {
    let message = "build volumes are not supported; use source.secrets or source.configMaps";
    (!volumes.is_empty()).then(|| FieldError::forbidden(format!("{at}.volumes"), message))
}

fn validate_docker(docker: &DockerBuildStrategy) -> Vec<FieldError> {
    const HERE: &str = "spec.strategy.dockerStrategy";
    let mut problems: Vec<FieldError> = docker
        .from
        .iter()
        .flat_map(|from| image_reference(&format!("{HERE}.from"), from))
        .collect();
    problems.extend(secret_reference(
        &format!("{HERE}.pullSecret"),
        docker.pull_secret.as_ref(),
    ));
    if docker.dockerfile_path.starts_with('/') || !stays_inside(&docker.dockerfile_path) {
        let message = "dockerfilePath must be relative and inside of the source";
        problems.push(FieldError::invalid(
            format!("{HERE}.dockerfilePath"),
            &docker.dockerfile_path,
            message,
        ));
    }
    problems.extend(env(&format!("{HERE}.env"), &docker.env));
    problems.extend(env(&format!("{HERE}.buildArgs"), &docker.build_args));
    if let Some(policy) = docker
        .image_optimization_policy
        .as_deref()
        .filter(|policy| !OPTIMIZATIONS.contains(policy))
    {
        let field = format!("{HERE}.imageOptimizationPolicy");
        problems.push(FieldError::not_supported(field, policy, OPTIMIZATIONS));
    }
    problems.extend(no_volumes(HERE, &docker.volumes));
    problems
}

fn validate_source(source: &SourceBuildStrategy) -> Vec<FieldError> {
    const HERE: &str = "spec.strategy.sourceStrategy";
    let mut problems = image_reference(&format!("{HERE}.from"), &source.from);
    problems.extend(secret_reference(
        &format!("{HERE}.pullSecret"),
        source.pull_secret.as_ref(),
    ));
    problems.extend(env(&format!("{HERE}.env"), &source.env));
    problems.extend(no_volumes(HERE, &source.volumes));
    problems
}

fn validate_custom(custom: &CustomBuildStrategy) -> Vec<FieldError> {
    const FROM: &str = "spec.strategy.customStrategy.from";
    if custom.from == ObjectReference::default() {
        return vec![FieldError::required(FROM, "")];
    }
    image_reference(FROM, &custom.from)
}

fn validate_pipeline(pipeline: &JenkinsPipelineBuildStrategy) -> Vec<FieldError> {
    const HERE: &str = "spec.strategy.jenkinsPipelineStrategy";
    let (inline, path) = (&pipeline.jenkinsfile, &pipeline.jenkinsfile_path);
    let mut problems = Vec::new();
    if !inline.is_empty() && !path.is_empty() {
        let message = "must provide a value for at most one of jenkinsfilePath, or jenkinsfile";
        problems.push(FieldError::invalid(HERE, "", message));
    }
    if inline.len() > JENKINSFILE_MAX {
        let message = format!("must be smaller than {JENKINSFILE_MAX} bytes");
        problems.push(FieldError::invalid(format!("{HERE}.jenkinsfile"), "", message));
    }
    if path.starts_with('/') || !stays_inside(path) {
        let message = "jenkinsfilePath must be relative and inside of the source";
        problems.push(FieldError::invalid(format!("{HERE}.jenkinsfilePath"), path, message));
    }
    problems
}

/// `from` of a strategy or of an input image.
pub(super) fn image_reference(field: &str, from: &ObjectReference) -> Vec<FieldError> {
    let (kind, name) = (
        from.kind.as_deref().unwrap_or_default(),
        from.name.as_deref().unwrap_or_default(),
    );
    let named = format!("{field}.name");
    if !IMAGE_KINDS.contains(&kind) {
        let message = "must be 'ImageStreamTag', 'ImageStreamImage', or 'DockerImage'";
        return vec![FieldError::invalid(format!("{field}.kind"), kind, message)];
    }
    if name.is_empty() {
        return vec![FieldError::required(named, "")];
    }
    match kind {
        "ImageStreamTag" => stream_tag(&named, name).into_iter().collect(),
        "ImageStreamImage" if !is_pair(name, '@') => {
            vec![FieldError::invalid(
                named,
                name,
                "ImageStreamImage object references must be in the form <name>@<id>",
            )]
        }
        "DockerImage" => pull_spec(&named, name).into_iter().collect(),
        _ => Vec::new(),
    }
}

pub(super) fn stream_tag(field: &str, name: &str) -> Option<FieldError> {
    const MESSAGE: &str = "ImageStreamTag object references must be in the form <name>:<tag>";
    (!is_pair(name, ':')).then(|| FieldError::invalid(field, name, MESSAGE))
}

pub(super) fn pull_spec(field: &str, name: &str) -> Option<FieldError> {
    let problem = name.parse::<weir_oci::Reference>().err()?;
    Some(FieldError::invalid(
        field,
        name,
        format!("name is not a valid Docker pull specification: {problem}"),
    ))
}

fn is_pair(name: &str, between: char) -> bool {
    let Some((first, second)) = name.split_once(between) else {
        return false;
    };
    let one_colon = between != ':' || !second.contains(':');
    !first.is_empty() && !second.is_empty() && one_colon
}

pub(super) fn env(field: &str, variables: &[EnvVar]) -> Vec<FieldError> {
    let mut problems = Vec::new();
    for (index, variable) in variables.iter().enumerate() {
        let here = format!("{field}[{index}]");
        problems.extend(names::required_env_name(&format!("{here}.name"), &variable.name));
        let Some(source) = &variable.value_from else { continue };
        if source.resource_field_ref.is_some() {
            let message = "ResourceFieldRef is not valid for valueFrom in build environment variables";
            problems.push(FieldError::invalid(format!("{here}.valueFrom"), "", message));
        }
        if variable.value.as_deref().is_some_and(|value| !value.is_empty()) {
            let message = "may not be specified when `value` is not empty";
            problems.push(FieldError::invalid(format!("{here}.valueFrom"), "", message));
        }
    }
    problems
}
