use serde_json::{Map, Value};

/// The merge patch that makes `new` of `old`. `None`: they are the same.
pub(crate) fn merge_patch(old: &Value, new: &Value) -> Option<Value> {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let mut patch = Map::new();
            for (name, value) in new {
                let change = old
                    .get(name)
                    .map_or_else(|| Some(value.clone()), |known| merge_patch(known, value));
                patch.extend(change.map(|change| (name.clone(), change)));
            }
            let gone = old.keys().filter(|name| !new.contains_key(*name));
            patch.extend(gone.map(|name| (name.clone(), Value::Null)));
            (!patch.is_empty()).then_some(Value::Object(patch))
        }
        (old, new) => (old != new).then(|| new.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_says_only_what_differs() {
        for (old, new, patch) in [
            (json!({"a": 1}), json!({"a": 1}), None),
            (json!({"a": 1, "b": 2}), json!({"a": 1, "b": 3}), Some(json!({"b": 3}))),
            (json!({"a": 1, "b": 2}), json!({"a": 1}), Some(json!({"b": null}))),
            (
                json!({"a": {"x": 1, "y": 1}}),
                json!({"a": {"x": 1, "y": 2}}),
                Some(json!({"a": {"y": 2}})),
            ),
            (json!({"a": [1, 2]}), json!({"a": [1]}), Some(json!({"a": [1]}))),
            (json!({}), json!({"a": {"b": 1}}), Some(json!({"a": {"b": 1}}))),
        ] {
            assert_eq!(merge_patch(&old, &new), patch, "{old} -> {new}");
        }
    }
}
