use serde_json::{Map, Value, json};
use weir_api::names::{annotation, label};
use weir_apiserver::Object;

use super::super::naming;
use crate::{json, names};

/// Labels of the config and of the request, annotations of the request only; what the system says of a build wins.
pub(super) fn of_build(config: &Object, request: &Object, number: i64) -> Value {
    let name = json::text(config, "/metadata/name");
    let mut labels = map(config, "labels");
    labels.extend(map(request, "labels"));
    labels.extend(system_labels(name, json::text(config, "/spec/runPolicy")));
    let mut annotations = map(request, "annotations");
    annotations.insert(annotation::BUILD_CONFIG_NAME.into(), name.into());
    annotations.insert(annotation::BUILD_NUMBER.into(), number.to_string().into());
    json!({
        "name": naming::build_name(name, number),
        "namespace": config["metadata"]["namespace"],
        "labels": labels,
        "annotations": annotations,
        "ownerReferences": [{
            "apiVersion": weir_api::build::API_VERSION,
            "kind": "BuildConfig",
            "name": name,
            "uid": config["metadata"]["uid"],
            "controller": true,
        }],
    })
}

fn map(object: &Object, field: &str) -> Map<String, Value> {
    object["metadata"][field].as_object().cloned().unwrap_or_default()
}

fn system_labels(config: &str, run_policy: &str) -> [(String, Value); 3] {
    let name = names::as_label_value(config);
    [
        (label::BUILD_CONFIG.into(), name.clone().into()),
        (label::BUILD_CONFIG_NAME.into(), name.into()),
        (label::BUILD_START_POLICY.into(), run_policy.into()),
    ]
}
