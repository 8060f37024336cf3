use std::borrow::Borrow;
use std::collections::HashSet;

use k8s_openapi::api::core::v1::ObjectReference;
use serde_json::Value;
use weir_api::image::ImageStream;
use weir_api::names::annotation::IMAGE_TRIGGERS;

use super::field_path::{ContainerList, FieldPathError, find, pod_spec_path};
use super::resolve_in;
use crate::source::{StreamKey, StreamTag};

/// Most triggers one annotation may list; more than any pod has containers.
const MAX_TRIGGERS: usize = 256;

/// Why nothing of an annotation can be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnnotationError {
    #[error("annotation {IMAGE_TRIGGERS} is not a JSON list of triggers: {0}")]
    Malformed(String),
    #[error("duplicate triggers are not allowed: two entries have the field path {0}")]
    Duplicate(String),
    #[error("annotation {IMAGE_TRIGGERS} lists more than {MAX_TRIGGERS} triggers")]
    TooMany,
    #[error(transparent)]
    FieldPath(#[from] FieldPathError),
}

/// One image to write into an annotated object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageChange {
    pub list: ContainerList,
    pub index: usize,
    /// JSON pointer of the image field in the whole object, for a JSON patch.
    pub pointer: String,
    pub image: String,
}

/// What the annotation `image.openshift.io/triggers` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnnotationPlan {
    Unchanged,
    /// One write of the object with all of these.
    Patch {
        images: Vec<ImageChange>,
    },
}

/// Plans what follows for the annotated `object` (a whole API object with its `kind`).
///
/// Unlike the triggers of a DeploymentConfig each entry stands alone: one whose tag has no image is skipped.
/// Two choices help users where upstream drops the whole annotation: `paused` may also be the string `"true"`, and the
/// misspelling `pause`, which older consoles wrote, means the same.
pub fn annotation<L, S>(object: &Value, lookup: L) -> Result<AnnotationPlan, AnnotationError>
where
    L: Fn(&str, &str) -> Option<S>,
    S: Borrow<ImageStream>,
{
    let Some(base) = pod_spec_path(object["kind"].as_str().unwrap_or_default()) else {
        return Ok(AnnotationPlan::Unchanged);
    };
    let mut images: Vec<ImageChange> = Vec::new();
    for trigger in parse(object)?.into_iter().filter(|trigger| !trigger.paused) {
        let Some(tail) = trigger
            .field_path
            .strip_prefix(base)
            .and_then(|tail| tail.strip_prefix('.'))
        else {
            continue;
        };
        let Some(image) = trigger.source.and_then(|source| resolve_in(&lookup, &source)) else {
            continue;
        };
        let pod_pointer = format!("/{}", base.replace('.', "/"));
        let pod_spec = object.pointer(&pod_pointer).unwrap_or(&Value::Null);
        let (list, index) = find(pod_spec, &trigger.field_path, tail)?;
        let pointer = format!("{pod_pointer}/{}/{index}/image", list.field());
        images.retain(|planned| planned.pointer != pointer);
        if object.pointer(&pointer).and_then(Value::as_str) != Some(image.as_str()) {
            images.push(ImageChange {
                list,
                index,
                pointer,
                image,
            });
        }
    }
    if images.is_empty() {
        Ok(AnnotationPlan::Unchanged)
    } else {
        Ok(AnnotationPlan::Patch { images })
    }
}

/// The streams whose changes concern the annotated `object`; none when the annotation cannot be read.
pub fn annotation_streams(object: &Value) -> Vec<StreamKey> {
    let triggers = parse(object).unwrap_or_default();
    let active = triggers.into_iter().filter(|trigger| !trigger.paused);
    let mut keys: Vec<_> = active.filter_map(|trigger| Some(trigger.source?.stream)).collect();
    keys.sort();
    keys.dedup();
    keys
}

struct Trigger {
    /// `None`: not a tag of a stream, so nothing of ours.
    source: Option<StreamTag>,
    field_path: String,
    paused: bool,
}

fn parse(object: &Value) -> Result<Vec<Trigger>, AnnotationError> {
    let Some(text) = object["metadata"]["annotations"][IMAGE_TRIGGERS]
        .as_str()
        .filter(|text| !text.trim().is_empty())
    else {
        return Ok(Vec::new());
    };
    let entries: Vec<Value> =
        serde_json::from_str(text).map_err(|error| AnnotationError::Malformed(error.to_string()))?;
    if entries.len() > MAX_TRIGGERS {
        return Err(AnnotationError::TooMany);
    }
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    let triggers = entries
        .iter()
        .map(|entry| parse_one(entry, namespace))
        .collect::<Result<Vec<_>, _>>()?;
    let mut paths = HashSet::new();
    for trigger in &triggers {
        if !paths.insert(trigger.field_path.as_str()) {
            return Err(AnnotationError::Duplicate(trigger.field_path.clone()));
        }
    }
    Ok(triggers)
}

fn parse_one(entry: &Value, namespace: &str) -> Result<Trigger, AnnotationError> {
    let malformed = |what: &str| AnnotationError::Malformed(what.to_owned());
    let fields = entry
        .as_object()
        .ok_or_else(|| malformed("an entry is not an object"))?;
    let from: ObjectReference = match fields.get("from") {
        None | Some(Value::Null) => ObjectReference::default(),
        Some(from) => serde_json::from_value(from.clone()).map_err(|error| malformed(&error.to_string()))?,
    };
    let field_path = match fields.get("fieldPath") {
        None | Some(Value::Null) => "",
        Some(path) => path.as_str().ok_or_else(|| malformed("fieldPath is not a string"))?,
    };
    let paused = match fields.get("paused").or_else(|| fields.get("pause")) {
        None | Some(Value::Null) => false,
        Some(Value::Bool(paused)) => *paused,
        Some(Value::String(text)) if text == "true" || text == "false" => text == "true",
        Some(_) => return Err(malformed("paused is not a boolean")),
    };
    Ok(Trigger {
        source: StreamTag::of(&from, namespace),
        field_path: field_path.to_owned(),
        paused,
    })
}
