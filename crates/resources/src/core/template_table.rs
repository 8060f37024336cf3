use serde_json::Value;
use weir_apiserver::Object;

use crate::json;

/// The cells CONTAINERS, IMAGES and SELECTOR of a controller's wide row.
pub(crate) fn template_cells(object: &Object) -> [Value; 3] {
    let containers = json::items(object, "/spec/template/spec/containers");
    let joined = |field: &str| {
        let texts: Vec<&str> = containers
            .iter()
            .map(|container| container[field].as_str().unwrap_or_default())
            .collect();
        Value::from(texts.join(","))
    };
    [
        joined("name"),
        joined("image"),
        selector(object, "/spec/selector").into(),
    ]
}

/// A map of labels as `a=b,c=d`; `<none>` when it is empty.
pub(crate) fn selector(object: &Object, path: &str) -> String {
    let terms: Vec<String> = json::members(object, path)
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    if terms.is_empty() {
        "<none>".into()
    } else {
        terms.join(",")
    }
}
