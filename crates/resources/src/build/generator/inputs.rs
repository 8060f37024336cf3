use serde_json::{Value, json};
use weir_apiserver::Object;

use super::Inputs;
use crate::json;

const BASE_IMAGE_VARIABLE: &str = "OPENSHIFT_CUSTOM_BUILD_BASE_IMAGE";
const STRATEGIES: [&str; 4] = [
    "sourceStrategy",
    "dockerStrategy",
    "customStrategy",
    "jenkinsPipelineStrategy",
];

/// The field of `strategy` that is set.
pub(in super::super) fn strategy_field(spec: &Value) -> Option<&'static str> {
    STRATEGIES
        .into_iter()
        .find(|field| !json::is_unset(spec, &format!("/strategy/{field}")))
}

/// The spec with every input image replaced by what can be pulled.
pub(super) fn pinned(mut spec: Value, inputs: &Inputs) -> Value {
    if let (Some(field), Some(image)) = (strategy_field(&spec), &inputs.strategy) {
        json::put(&mut spec, &["strategy", field, "from"], docker_image(image));
        if field == "customStrategy" {
            set_variable(&mut spec["strategy"][field], BASE_IMAGE_VARIABLE, image);
        }
    }
    for (source, image) in json::items_mut(&mut spec, "/source/images").zip(&inputs.images) {
        json::put(source, &["from"], docker_image(image));
    }
    spec
}

/// A binary build takes its source from the request, every other build never does.
pub(in super::super) fn set_binary(spec: &mut Value, request: &Object) {
    if json::is_unset(request, "/binary") {
        json::remove(spec, "/source/binary");
        // It is computed anew; left as `Binary`, it would ask for a binary again.
        json::remove(spec, "/source/type");
        return;
    }
    json::remove(spec, "/source/git");
    json::put(spec, &["source", "binary"], request["binary"].clone());
    if json::text(request, "/binary/asFile") == "Dockerfile" {
        json::remove(spec, "/source/dockerfile");
    }
}

fn docker_image(image: &str) -> Value {
    json!({"kind": "DockerImage", "name": image})
}

fn set_variable(strategy: &mut Value, name: &str, value: &str) {
    let variables = [json!({"name": name, "value": value})];
    super::options::merge_variables(strategy, "env", &variables);
}
