use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use weir_apiserver::{ApiError, Column, FieldError, Object, RequestContext, Resource, Scope, Strategy};

use super::{data, kind};
use crate::describe::{self, AGE, NAME, column};
use crate::json;

const COLUMNS: &[Column] = &[NAME, column("Data", "integer", "How many entries there are."), AGE];

pub(super) fn resource() -> Resource {
    Resource {
        short_names: &["cm"],
        columns: COLUMNS,
        cells,
        ..describe::stored(
            kind("ConfigMap"),
            "configmaps",
            "configmap",
            Scope::Namespaced,
            Arc::new(ConfigMaps),
        )
    }
}

struct ConfigMaps;

#[async_trait]
impl Strategy for ConfigMaps {
    async fn prepare_for_create(&self, _cx: &RequestContext, map: &mut Object) -> Result<(), ApiError> {
        data::check_base64(map, "binaryData")
    }

    async fn prepare_for_update(&self, _cx: &RequestContext, map: &mut Object, _old: &Object) -> Result<(), ApiError> {
        data::check_base64(map, "binaryData")
    }

    fn validate(&self, object: &Object) -> Vec<FieldError> {
        let mut problems = data::validate_entries(object, "data");
        problems.extend(data::validate_entries(object, "binaryData"));
        for (key, value) in json::members(object, "/binaryData") {
            let field = format!("binaryData[{key}]");
            if object["data"].get(key).is_some() {
                problems.push(FieldError::invalid(&field, key, "duplicate of key present in data"));
            }
            if value.as_str().is_some_and(|text| STANDARD.decode(text).is_err()) {
                problems.push(FieldError::invalid(&field, "", "must be base64"));
            }
        }
        if size(object) > data::MAX_BYTES {
            problems.push(FieldError::too_long("", data::MAX_BYTES));
        }
        problems
    }

    fn validate_update(&self, object: &Object, old: &Object) -> Vec<FieldError> {
        let mut problems = self.validate(object);
        problems.extend(data::validate_immutable(object, old, &["data", "binaryData"]));
        problems
    }

    fn is_decorated(&self) -> bool {
        false
    }
}

fn size(object: &Object) -> usize {
    let text = |value: &Value| value.as_str().map_or(0, str::len);
    let plain: usize = json::members(object, "/data").map(|(_, value)| text(value)).sum();
    let encoded: usize = json::members(object, "/binaryData")
        .map(|(_, value)| text(value) / 4 * 3)
        .sum();
    plain + encoded
}

fn cells(object: &Object, now: jiff::Timestamp) -> Vec<Value> {
    let entries = json::members(object, "/data").count() + json::members(object, "/binaryData").count();
    vec![describe::name(object), entries.into(), describe::age(object, now)]
}
