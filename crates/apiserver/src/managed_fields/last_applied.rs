//! `kubectl apply` used to keep what it applied in an annotation and compute patches from it. Where such an object is
//! applied by the server for the first time, what the annotation still describes belongs to kubectl; and the annotation
//! is kept current, so that the old way goes on working.

use serde_json::{Map, Value};

use crate::fields::{FieldSet, collect, compare};
use crate::{Object, Schema};

const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The manager whose objects have the annotation.
const KUBECTL: &str = "kubectl";
/// Largest sum of all annotations of an object; a longer configuration is not noted down.
const MAX_NOTED: usize = 256 << 10;

/// Fields of `live` that kubectl applied on the client and that are still as it left them: another manager's claim to
/// them is kubectl's own, by another name.
pub(super) fn fields_of_kubectl(schema: &Schema, manager: &str, live: &Object) -> FieldSet {
    let noted = annotation(live).filter(|_| manager == KUBECTL);
    let Some(applied) = noted.and_then(|text| crate::body::decode_json(text.as_bytes()).ok()) else {
        return FieldSet::default();
    };
    let changes = compare(schema, live, &applied);
    let mut fields = collect(schema, &applied);
    fields.subtract(&changes.modified);
    fields.subtract(&changes.added);
    fields
}

/// Notes down what is applied, where earlier applies were noted down.
pub(super) fn note(object: &mut Object, manager: &str, wish: &Object) {
    if manager != KUBECTL || annotation(object).is_none() {
        return;
    }
    let mut noted = wish.clone();
    if let Some(annotations) = annotations(&mut noted) {
        annotations.remove(ANNOTATION);
        if annotations.is_empty() {
            crate::metadata::members(&mut noted).remove("annotations");
        }
    }
    let text = format!("{noted}\n");
    if let Some(annotations) = annotations(object) {
        match text.len() <= MAX_NOTED {
            true => annotations.insert(ANNOTATION.to_owned(), text.into()),
            false => annotations.remove(ANNOTATION),
        };
    }
}

fn annotations(object: &mut Object) -> Option<&mut Map<String, Value>> {
    object.pointer_mut("/metadata/annotations")?.as_object_mut()
}

fn annotation(object: &Object) -> Option<&str> {
    match object["metadata"]["annotations"].get(ANNOTATION)? {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}
