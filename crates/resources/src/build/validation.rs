//! The rules that BuildConfigs and Builds must keep, as field errors.

mod output;
mod source;
mod strategy;
mod triggers;

use std::collections::BTreeSet;

use weir_api::build::{BuildConfig, CommonSpec};
use weir_api::core::LocalObjectReference;
use weir_apiserver::FieldError;

const RUN_POLICIES: [&str; 3] = ["Parallel", "Serial", "SerialLatestOnly"];

pub(super) fn build_config(config: &BuildConfig) -> Vec<FieldError> {
    let mut problems = common_spec(&config.spec.common);
    if !RUN_POLICIES.contains(&config.spec.run_policy.as_str()) {
        let message = "run policy must Parallel, Serial, or SerialLatestOnly";
        problems.push(FieldError::invalid("spec.runPolicy", &config.spec.run_policy, message));
    }
    for (field, limit) in [
        (
            "spec.successfulBuildsHistoryLimit",
            config.spec.successful_builds_history_limit,
        ),
        ("spec.failedBuildsHistoryLimit", config.spec.failed_builds_history_limit),
    ] {
        if let Some(limit) = limit.filter(|limit| *limit < 0) {
            problems.push(FieldError::invalid(field, limit, "must be greater than or equal to 0"));
        }
    }
    problems.extend(triggers::validate(config));
    problems
}

pub(super) fn common_spec(common: &CommonSpec) -> Vec<FieldError> {
    let mut problems = strategy::validate(&common.strategy);
    problems.extend(source::validate(common));
    problems.extend(output::validate(&common.output));
    let hook = &common.post_commit;
    if !hook.script.is_empty() && !hook.command.is_empty() {
        problems.push(FieldError::invalid(
            "spec.postCommit",
            "",
            "cannot use command and script together",
        ));
    }
    if let Some(deadline) = common.completion_deadline_seconds.filter(|deadline| *deadline <= 0) {
        let message = "completionDeadlineSeconds must be a positive integer greater than 0";
        problems.push(FieldError::invalid("spec.completionDeadlineSeconds", deadline, message));
    }
    problems
}

/// A reference to a secret must name one.
fn secret_reference(field: &str, reference: Option<&LocalObjectReference>) -> Option<FieldError> {
    let unnamed = reference.is_some_and(|reference| reference.name.is_empty());
    unnamed.then(|| FieldError::required(format!("{field}.name"), ""))
}

/// Whether a relative path stays below where it starts.
fn stays_inside(path: &str) -> bool {
    let mut depth = 0_i32;
    path.split('/').all(|part| {
        depth += match part {
            "" | "." => 0,
            ".." => -1,
            _ => 1,
        };
        depth >= 0
    })
}

fn duplicates<'a>(values: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    values
        .enumerate()
        .filter(|(_, value)| !seen.insert(value.to_owned()))
        .map(|(index, _)| index)
        .collect()
}

#[cfg(test)]
mod tests;
