use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use weir_api::apps::{DeploymentConfigSpec, DeploymentStrategy, RollingDeploymentStrategyParams};
use weir_apiserver::FieldError;

use super::hooks;

const HERE: &str = "spec.strategy";

pub(super) fn validate(spec: &DeploymentConfigSpec, containers: &[&str]) -> Vec<FieldError> {
    let strategy = &spec.strategy;
    let mut problems = match strategy.r#type.as_str() {
        "" => vec![FieldError::required(format!("{HERE}.type"), "")],
        "Recreate" => recreate(strategy, containers),
        "Rolling" => rolling(strategy, containers),
        "Custom" => custom(strategy),
        other => {
            let message = "unsupported strategy type, use \"Custom\" instead and specify your own strategy";
            vec![FieldError::invalid(format!("{HERE}.type"), other, message)]
        }
    };
    problems.extend(deadlines(spec));
    problems
}

/// Parameters of the type in force.
fn timeout(strategy: &DeploymentStrategy) -> Option<i64> {
    match strategy.r#type.as_str() {
        "Rolling" => strategy.rolling_params.as_ref()?.timeout_seconds,
        "Recreate" => strategy.recreate_params.as_ref()?.timeout_seconds,
        _ => None,
    }
}

fn deadlines(spec: &DeploymentConfigSpec) -> Vec<FieldError> {
    let mut problems = Vec::new();
    let ready = i64::from(spec.min_ready_seconds.unwrap_or_default());
    let (timeout, deadline) = (timeout(&spec.strategy), spec.strategy.active_deadline_seconds);
    if ready < 0 {
        problems.push(FieldError::invalid(
            "spec.minReadySeconds",
            ready,
            "must be greater than or equal to 0",
        ));
    }
    if timeout.is_some_and(|timeout| ready >= timeout) {
        let message = "must be less than the deployment timeout";
        problems.push(FieldError::invalid("spec.minReadySeconds", ready, message));
    }
    if deadline.is_some_and(|deadline| ready >= deadline) {
        let message = "must be less than activeDeadlineSeconds";
        problems.push(FieldError::invalid("spec.minReadySeconds", ready, message));
    }
    let field = format!("{HERE}.activeDeadlineSeconds");
    match (deadline, timeout) {
        (Some(deadline), _) if deadline < 1 => {
            problems.push(FieldError::invalid(field, deadline, "must be greater than 0"));
        }
        (Some(deadline), Some(timeout)) if deadline <= timeout => {
            problems.push(FieldError::invalid(
                field,
                deadline,
                "must be greater than the deployment timeout",
            ));
        }
        _ => {}
    }
    problems
}

fn recreate(strategy: &DeploymentStrategy, containers: &[&str]) -> Vec<FieldError> {
    let here = format!("{HERE}.recreateParams");
    let Some(params) = &strategy.recreate_params else {
        return Vec::new();
    };
    let mut problems: Vec<FieldError> = positive(&here, "timeoutSeconds", params.timeout_seconds)
        .into_iter()
        .collect();
    for (name, hook) in [("pre", &params.pre), ("mid", &params.mid), ("post", &params.post)] {
        problems.extend(
            hook.iter()
                .flat_map(|hook| hooks::validate(&format!("{here}.{name}"), hook, containers)),
        );
    }
    problems
}

fn rolling(strategy: &DeploymentStrategy, containers: &[&str]) -> Vec<FieldError> {
    let here = format!("{HERE}.rollingParams");
    let Some(params) = &strategy.rolling_params else {
        return vec![FieldError::required(here, "")];
    };
    let mut problems: Vec<FieldError> = [
        positive(&here, "intervalSeconds", params.interval_seconds),
        positive(&here, "updatePeriodSeconds", params.update_period_seconds),
        positive(&here, "timeoutSeconds", params.timeout_seconds),
    ]
    .into_iter()
    .flatten()
    .collect();
    problems.extend(room(&here, params));
    for (name, hook) in [("pre", &params.pre), ("post", &params.post)] {
        problems.extend(
            hook.iter()
                .flat_map(|hook| hooks::validate(&format!("{here}.{name}"), hook, containers)),
        );
    }
    problems
}

fn custom(strategy: &DeploymentStrategy) -> Vec<FieldError> {
    let missing = strategy.custom_params.is_none();
    missing
        .then(|| FieldError::required(format!("{HERE}.customParams"), ""))
        .into_iter()
        .collect()
}

fn positive(here: &str, field: &str, value: Option<i64>) -> Option<FieldError> {
    let value = value.filter(|value| *value < 1)?;
    Some(FieldError::invalid(format!("{here}.{field}"), value, "must be >0"))
}

/// A rollout needs room to move: one pod more or one pod less.
fn room(here: &str, params: &RollingDeploymentStrategyParams) -> Vec<FieldError> {
    let mut problems = Vec::new();
    for (field, value) in [
        ("maxUnavailable", &params.max_unavailable),
        ("maxSurge", &params.max_surge),
    ] {
        problems.extend(
            value
                .iter()
                .filter_map(|value| amount_problem(&format!("{here}.{field}"), value)),
        );
    }
    if let Some(percent) = params
        .max_unavailable
        .as_ref()
        .and_then(percent)
        .filter(|percent| *percent > 100)
    {
        let message = "must not be greater than 100%";
        problems.push(FieldError::invalid(
            format!("{here}.maxUnavailable"),
            format!("{percent}%"),
            message,
        ));
    }
    let is_nothing = |value: &Option<IntOrString>| match value {
        None | Some(IntOrString::Int(0)) => true,
        Some(value) => percent(value) == Some(0),
    };
    if is_nothing(&params.max_unavailable) && is_nothing(&params.max_surge) {
        let message = "cannot be 0 when maxSurge is 0 as well";
        problems.push(FieldError::invalid(
            format!("{here}.maxUnavailable"),
            &params.max_unavailable,
            message,
        ));
    }
    problems
}

fn amount_problem(field: &str, value: &IntOrString) -> Option<FieldError> {
    match value {
        IntOrString::Int(0..) => None,
        IntOrString::Int(number) => Some(FieldError::invalid(field, number, "must be greater than or equal to 0")),
        IntOrString::String(text) if percent(value).is_none() => Some(FieldError::invalid(
            field,
            text,
            "value should be int(5) or percentage(5%)",
        )),
        IntOrString::String(_) => None,
    }
}

fn percent(value: &IntOrString) -> Option<u32> {
    match value {
        IntOrString::Int(_) => None,
        IntOrString::String(text) => text.strip_suffix('%')?.parse().ok(),
    }
}
