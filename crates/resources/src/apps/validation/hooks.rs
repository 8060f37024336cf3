use weir_api::apps::{ExecNewPodHook, LifecycleHook, TagImageHook};
use weir_apiserver::FieldError;

use crate::names::required_env_name;

const FAILURE_POLICIES: &[&str] = &["Abort", "Ignore", "Retry"];

pub(super) fn validate(here: &str, hook: &LifecycleHook, containers: &[&str]) -> Vec<FieldError> {
    let mut problems = Vec::new();
    let policy_field = format!("{here}.failurePolicy");
    match hook.failure_policy.as_str() {
        "" => problems.push(FieldError::required(policy_field, "")),
        policy if FAILURE_POLICIES.contains(&policy) => {}
        policy => problems.push(FieldError::not_supported(policy_field, policy, FAILURE_POLICIES)),
    }
    match (&hook.exec_new_pod, hook.tag_images.as_slice()) {
        (Some(_), [_, ..]) => {
            let message = "only one of 'execNewPod' or 'tagImages' may be specified";
            problems.push(FieldError::invalid(here, "<hook>", message));
        }
        (Some(exec), []) => problems.extend(validate_exec(&format!("{here}.execNewPod"), exec, containers)),
        (None, []) => {
            problems.push(FieldError::invalid(
                here,
                "<empty>",
                "One of execNewPod or tagImages must be specified",
            ));
        }
        (None, tags) => {
            for (index, tag) in tags.iter().enumerate() {
                problems.extend(validate_tag(&format!("{here}.tagImages[{index}]"), tag, containers));
            }
        }
    }
    problems
}

fn validate_exec(here: &str, exec: &ExecNewPodHook, containers: &[&str]) -> Vec<FieldError> {
    let mut problems: Vec<FieldError> =
        container_problem(&format!("{here}.containerName"), &exec.container_name, containers)
            .into_iter()
            .collect();
    if exec.command.is_empty() {
        problems.push(FieldError::required(format!("{here}.command"), ""));
    }
    for (index, variable) in exec.env.iter().enumerate() {
        problems.extend(required_env_name(&format!("{here}.env[{index}].name"), &variable.name));
    }
    for (index, _) in exec.volumes.iter().enumerate().filter(|(_, name)| name.is_empty()) {
        problems.push(FieldError::invalid(
            format!("{here}.volumes[{index}]"),
            "",
            "must not be empty",
        ));
    }
    problems
}

fn validate_tag(here: &str, tag: &TagImageHook, containers: &[&str]) -> Vec<FieldError> {
    let mut problems: Vec<FieldError> =
        container_problem(&format!("{here}.containerName"), &tag.container_name, containers)
            .into_iter()
            .collect();
    let kind = tag.to.kind.as_deref().unwrap_or_default();
    if kind != "ImageStreamTag" {
        problems.push(FieldError::invalid(
            format!("{here}.to.kind"),
            kind,
            "Must be 'ImageStreamTag'",
        ));
    }
    if tag.to.name.as_deref().unwrap_or_default().is_empty() {
        problems.push(FieldError::required(
            format!("{here}.to.name"),
            "a destination tag name is required",
        ));
    }
    problems
}

fn container_problem(field: &str, name: &str, containers: &[&str]) -> Option<FieldError> {
    match name {
        "" => Some(FieldError::required(field, "")),
        name if containers.contains(&name) => None,
        name => Some(FieldError::invalid(
            field,
            name,
            "must refer to a container of the template",
        )),
    }
}
