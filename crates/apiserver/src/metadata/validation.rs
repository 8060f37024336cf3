use serde_json::{Map, Value};

use super::{FOREGROUND, ORPHAN, text};
use crate::names::{validate_label_value, validate_path_segment, validate_qualified_name};
use crate::{FieldError, Object};

/// All annotations of an object together.
const MAX_ANNOTATIONS: usize = 256 << 10;
/// Longest name of anything.
const MAX_NAME: usize = 255;
/// Finalizers and owners of one object.
const MAX_REFERENCES: usize = 256;

/// What is wrong with the metadata of an object, whatever its kind. `validate_name` is the kind's own rule.
pub(crate) fn validate(object: &Object, validate_name: impl Fn(&str) -> Result<(), String>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let name = text(object, "name");
    match name {
        "" => errors.push(FieldError::required(
            "metadata.name",
            "name or generateName is required",
        )),
        name if name.len() > MAX_NAME => errors.push(FieldError::too_long("metadata.name", MAX_NAME)),
        name => {
            if let Err(why) = validate_path_segment(name).and_then(|()| validate_name(name)) {
                errors.push(FieldError::invalid("metadata.name", name, why));
            }
        }
    }
    labels(&object["metadata"]["labels"], &mut errors);
    annotations(&object["metadata"]["annotations"], &mut errors);
    finalizers(&object["metadata"]["finalizers"], &mut errors);
    owners(&object["metadata"]["ownerReferences"], &mut errors);
    errors
}

/// What an update may not do to metadata.
pub(crate) fn validate_update(object: &Object, old: &Object) -> Vec<FieldError> {
    if old["metadata"]["deletionTimestamp"].is_null() {
        return Vec::new();
    }
    let before: Vec<&Value> = old["metadata"]["finalizers"].as_array().into_iter().flatten().collect();
    let after = object["metadata"]["finalizers"].as_array().into_iter().flatten();
    let added: Vec<&str> = after
        .filter(|finalizer| !before.contains(finalizer))
        .filter_map(Value::as_str)
        .collect();
    if added.is_empty() {
        return Vec::new();
    }
    let detail =
        format!("no new finalizers can be added if the object is being deleted, found new finalizers {added:?}");
    vec![FieldError::forbidden("metadata.finalizers", detail)]
}

fn labels(labels: &Value, errors: &mut Vec<FieldError>) {
    const FIELD: &str = "metadata.labels";
    for (key, value) in members(labels, FIELD, errors) {
        if let Err(why) = validate_qualified_name(key) {
            errors.push(FieldError::invalid(FIELD, key, why));
        }
        match value.as_str().map(validate_label_value) {
            Some(Ok(())) => {}
            Some(Err(why)) => errors.push(FieldError::invalid(FIELD, value, why)),
            None => errors.push(FieldError::invalid(FIELD, value, "must be a string")),
        }
    }
}

fn annotations(annotations: &Value, errors: &mut Vec<FieldError>) {
    const FIELD: &str = "metadata.annotations";
    let mut size = 0;
    for (key, value) in members(annotations, FIELD, errors) {
        if let Err(why) = validate_qualified_name(&key.to_ascii_lowercase()) {
            errors.push(FieldError::invalid(FIELD, key, why));
        }
        match value.as_str() {
            Some(value) => size += key.len() + value.len(),
            None => errors.push(FieldError::invalid(FIELD, value, "must be a string")),
        }
    }
    if size > MAX_ANNOTATIONS {
        errors.push(FieldError::too_long(FIELD, MAX_ANNOTATIONS));
    }
}

fn finalizers(finalizers: &Value, errors: &mut Vec<FieldError>) {
    const FIELD: &str = "metadata.finalizers";
    let finalizers = items(finalizers, FIELD, errors);
    let has = |wanted: &str| finalizers.iter().any(|finalizer| finalizer == wanted);
    if has(ORPHAN) && has(FOREGROUND) {
        let detail = format!("finalizer {ORPHAN} and {FOREGROUND} cannot be both set");
        errors.push(FieldError::invalid(FIELD, finalizers, detail));
    }
    for (index, finalizer) in finalizers.iter().enumerate() {
        let field = format!("{FIELD}[{index}]");
        match finalizer.as_str().map(validate_qualified_name) {
            Some(Ok(())) if is_known_or_qualified(finalizer) => {}
            Some(Ok(())) => errors.push(FieldError::invalid(
                field,
                finalizer,
                "name is neither a standard finalizer name nor is it fully qualified",
            )),
            Some(Err(why)) => errors.push(FieldError::invalid(field, finalizer, why)),
            None => errors.push(FieldError::invalid(field, finalizer, "must be a string")),
        }
    }
}

/// Finalizers without a domain are the machinery's own.
fn is_known_or_qualified(finalizer: &Value) -> bool {
    let name = finalizer.as_str().unwrap_or_default();
    name.contains('/') || matches!(name, "kubernetes" | ORPHAN | FOREGROUND)
}

fn owners(owners: &Value, errors: &mut Vec<FieldError>) {
    const FIELD: &str = "metadata.ownerReferences";
    let owners = items(owners, FIELD, errors);
    for (index, owner) in owners.iter().enumerate() {
        if owner["kind"] == "Event" && owner["apiVersion"] == "v1" {
            let detail = "/v1, Kind=Event is disallowed from being an owner";
            errors.push(FieldError::invalid(FIELD, owner, detail));
        }
        for part in ["apiVersion", "kind", "name", "uid"] {
            if owner[part].as_str().unwrap_or_default().is_empty() {
                errors.push(FieldError::required(
                    format!("{FIELD}[{index}].{part}"),
                    "must not be empty",
                ));
            }
        }
    }
    let mut controllers = owners.iter().filter(|owner| owner["controller"] == true);
    if let (Some(first), Some(second)) = (controllers.next(), controllers.next()) {
        let name = |owner: &Value| {
            let text = |part: &str| owner[part].as_str().unwrap_or_default().to_owned();
            format!("{}/{}", text("kind"), text("name"))
        };
        let detail = format!(
            "Only one reference can have Controller set to true. Found \"true\" in references for {} and {}",
            name(first),
            name(second)
        );
        errors.push(FieldError::invalid(FIELD, owners, detail));
    }
}

/// The members of a map; what is not a map is an error.
fn members<'a>(
    value: &'a Value,
    field: &str,
    errors: &mut Vec<FieldError>,
) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
    if !value.is_object() && !value.is_null() {
        errors.push(FieldError::invalid(field, value, "must be a map of strings"));
    }
    value.as_object().map(Map::iter).into_iter().flatten()
}

/// The items of a bounded list; what is not a list is an error.
fn items<'a>(value: &'a Value, field: &str, errors: &mut Vec<FieldError>) -> &'a [Value] {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    if !value.is_array() && !value.is_null() {
        errors.push(FieldError::invalid(field, value, "must be a list"));
    }
    if items.len() > MAX_REFERENCES {
        errors.push(FieldError::too_many(field, items.len(), MAX_REFERENCES));
        return &[];
    }
    items
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::names::validate_dns1123_subdomain;

    fn fields(metadata: Value) -> Vec<String> {
        let errors = validate(&json!({"metadata": metadata}), validate_dns1123_subdomain);
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn offending_fields_are_named() {
        let owner = json!({"apiVersion": "v1", "kind": "A", "name": "n", "uid": "u", "controller": true});
        let table = [
            (
                json!({"name": "a", "labels": {"a": "b"}, "annotations": {"A/b": "anything"}}),
                vec![],
            ),
            (json!({}), vec!["metadata.name"]),
            (json!({"name": "A"}), vec!["metadata.name"]),
            (json!({"name": "a/b"}), vec!["metadata.name"]),
            (json!({"name": "a", "labels": {"a b": "c"}}), vec!["metadata.labels"]),
            (json!({"name": "a", "labels": {"a": "c d"}}), vec!["metadata.labels"]),
            (json!({"name": "a", "labels": {"a": 1}}), vec!["metadata.labels"]),
            (json!({"name": "a", "labels": []}), vec!["metadata.labels"]),
            (
                json!({"name": "a", "annotations": {"a": 1}}),
                vec!["metadata.annotations"],
            ),
            (
                json!({"name": "a", "annotations": {"a": "x".repeat(MAX_ANNOTATIONS)}}),
                vec!["metadata.annotations"],
            ),
            (
                json!({"name": "a", "finalizers": ["x.io/y", "a b"]}),
                vec!["metadata.finalizers[1]"],
            ),
            (json!({"name": "a", "finalizers": ["kubernetes", "orphan"]}), vec![]),
            (
                json!({"name": "a", "finalizers": ["own"]}),
                vec!["metadata.finalizers[0]"],
            ),
            (
                json!({"name": "a", "finalizers": ["orphan", "foregroundDeletion"]}),
                vec!["metadata.finalizers"],
            ),
            (
                json!({"name": "a", "ownerReferences": [{"apiVersion": "v1", "kind": "Event", "name": "n", "uid": "u"}]}),
                vec!["metadata.ownerReferences"],
            ),
            (json!({"name": "a", "ownerReferences": [owner]}), vec![]),
            (
                json!({"name": "a", "ownerReferences": [owner, owner]}),
                vec!["metadata.ownerReferences"],
            ),
            (
                json!({"name": "a", "ownerReferences": [{"apiVersion": "v1", "kind": "A", "name": "n"}]}),
                vec!["metadata.ownerReferences[0].uid"],
            ),
        ];
        for (metadata, wanted) in table {
            assert_eq!(fields(metadata.clone()), wanted, "{metadata}");
        }
    }

    #[test]
    fn an_object_in_deletion_gets_no_new_finalizers() {
        let old = json!({"metadata": {"deletionTimestamp": "2020-01-01T00:00:00Z", "finalizers": ["a", "b"]}});
        assert!(validate_update(&json!({"metadata": {"finalizers": ["a"]}}), &old).is_empty());
        assert_eq!(
            validate_update(&json!({"metadata": {"finalizers": ["a", "c"]}}), &old).len(),
            1
        );
        assert!(validate_update(&json!({"metadata": {"finalizers": ["c"]}}), &json!({"metadata": {}})).is_empty());
    }
}
