use serde_json::{Value, json};
use weir_apiserver::{ApiError, Object};

use super::full_name;
use super::inputs::strategy_field;
use crate::json;

/// Puts the request's environment and strategy options into the build's spec. Options that say nothing are always taken:
/// clients send both kinds empty with every request.
pub(in super::super) fn apply_options(spec: &mut Value, config: &Object, request: &Object) -> Result<(), ApiError> {
    let Some(field) = strategy_field(spec) else {
        return Ok(());
    };
    let strategy = &mut spec["strategy"][field];
    merge_variables(strategy, "env", json::items(request, "/env"));
    apply_docker_options(strategy, field, config, &request["dockerStrategyOptions"])?;
    apply_source_options(strategy, field, config, &request["sourceStrategyOptions"])
}

fn apply_docker_options(strategy: &mut Value, field: &str, config: &Object, options: &Value) -> Result<(), ApiError> {
    let arguments = json::items(options, "/buildArgs");
    let no_cache = options.get("noCache").filter(|value| !value.is_null());
    if arguments.is_empty() && no_cache.is_none() {
        return Ok(());
    }
    if field != "dockerStrategy" {
        let name = full_name(config);
        return Err(ApiError::bad_request(format!(
            "Cannot specify Docker build specific options on {name}, not a Docker build."
        )));
    }
    merge_variables(strategy, "buildArgs", arguments);
    if let Some(no_cache) = no_cache {
        strategy["noCache"] = no_cache.clone();
    }
    Ok(())
}

fn apply_source_options(strategy: &mut Value, field: &str, config: &Object, options: &Value) -> Result<(), ApiError> {
    let Some(incremental) = options.get("incremental").filter(|value| !value.is_null()) else {
        return Ok(());
    };
    if field != "sourceStrategy" {
        let name = full_name(config);
        return Err(ApiError::bad_request(format!(
            "Cannot specify Source build specific options on {name}, not a Source build."
        )));
    }
    strategy["incremental"] = incremental.clone();
    Ok(())
}

/// A variable of the same name is replaced where it stands, others are added.
pub(super) fn merge_variables(strategy: &mut Value, list: &str, variables: &[Value]) {
    if variables.is_empty() {
        return;
    }
    if json::is_unset(strategy, &format!("/{list}")) {
        json::put(strategy, &[list], json!([]));
    }
    let Some(present) = strategy.get_mut(list).and_then(Value::as_array_mut) else {
        return;
    };
    for variable in variables {
        match present.iter_mut().find(|own| own["name"] == variable["name"]) {
            Some(own) => *own = variable.clone(),
            None => present.push(variable.clone()),
        }
    }
}
