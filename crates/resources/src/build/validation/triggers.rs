use std::collections::BTreeSet;

use weir_api::build::{BuildConfig, BuildTriggerPolicy, ImageChangeTrigger, WebHookTrigger};
use weir_api::core::ObjectReference;
use weir_apiserver::FieldError;

use super::strategy::stream_tag;

pub(super) fn validate(config: &BuildConfig) -> Vec<FieldError> {
    let mut problems = Vec::new();
    let mut watched = BTreeSet::new();
    for (index, trigger) in config.spec.triggers.iter().enumerate() {
        let here = format!("spec.triggers[{index}]");
        match webhook(trigger) {
            Some((field, hook)) => problems.extend(validate_webhook(&format!("{here}.{field}"), field, hook)),
            None => {
                let Some(change) = &trigger.image_change else { continue };
                problems.extend(validate_image_change(&here, change, config, &mut watched));
            }
        }
    }
    problems
}

/// The parameters that go with a webhook's type, and the field they are in.
fn webhook(trigger: &BuildTriggerPolicy) -> Option<(&'static str, Option<&WebHookTrigger>)> {
    match trigger.r#type.as_str() {
        "GitHub" => Some(("github", trigger.github.as_ref())),
        "GitLab" => Some(("gitlab", trigger.gitlab.as_ref())),
        "Bitbucket" => Some(("bitbucket", trigger.bitbucket.as_ref())),
        "Generic" => Some(("generic", trigger.generic.as_ref())),
        _ => None,
    }
}

fn validate_webhook(path: &str, kind: &str, hook: Option<&WebHookTrigger>) -> Vec<FieldError> {
    let Some(hook) = hook else {
        return vec![FieldError::required(path, "")];
    };
    let mut problems = Vec::new();
    match &hook.secret_reference {
        None if hook.secret.is_empty() => {
            problems.push(FieldError::invalid(
                path,
                "",
                "must provide a value for at least one of secret or secretReference",
            ));
        }
        Some(reference) if reference.name.is_empty() => {
            problems.push(FieldError::required(format!("{path}.secretReference.name"), ""));
        }
        _ => {}
    }
    if hook.allow_env && kind != "generic" {
        problems.push(FieldError::invalid(
            format!("{path}.allowEnv"),
            true,
            "git webhooks cannot allow env vars",
        ));
    }
    problems
}

fn validate_image_change(
    path: &str,
    change: &ImageChangeTrigger,
    config: &BuildConfig,
    watched: &mut BTreeSet<(String, String)>,
) -> Vec<FieldError> {
    let field = format!("{path}.imageChange.from");
    let Some(from) = change.from.as_ref().or_else(|| config.spec.common.strategy.from()) else {
        let message = "no strategy image to watch; name one in from";
        return vec![FieldError::required(field, message)];
    };
    let kind = from.kind.as_deref().unwrap_or_default();
    if kind != "ImageStreamTag" {
        let message = "only an ImageStreamTag type of object is supported in an ImageChange trigger";
        return vec![FieldError::invalid(format!("{field}.kind"), kind, message)];
    }
    let name = from.name.as_deref().unwrap_or_default();
    if name.is_empty() {
        return vec![FieldError::required(format!("{field}.name"), "")];
    }
    let mut problems: Vec<FieldError> = stream_tag(&format!("{field}.name"), name).into_iter().collect();
    if !watched.insert(key(from, config)) {
        let message = "multiple ImageChange triggers refer to the same image stream tag";
        problems.push(FieldError::invalid(format!("{path}.imageChange"), name, message));
    }
    problems
}

fn key(from: &ObjectReference, config: &BuildConfig) -> (String, String) {
    let own = config.metadata.namespace.as_deref().unwrap_or_default();
    let namespace = from
        .namespace
        .as_deref()
        .filter(|namespace| !namespace.is_empty())
        .unwrap_or(own);
    (namespace.to_owned(), from.name.clone().unwrap_or_default())
}
