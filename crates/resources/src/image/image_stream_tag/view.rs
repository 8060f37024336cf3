use serde_json::{Value, json};
use weir_api::image::{ImageStream, TagEvent};
use weir_apiserver::{ApiError, Object};
use weir_imagestream::resolve::{event_pull_spec, newest_event, spec_tag, tag_history};

use crate::image::image_view;
use crate::image::stream_write::head;

/// One tag of `stream` (stored as `object`). Without `image` only its name and pull spec are shown.
pub(super) fn tag(object: &Object, stream: &ImageStream, tag: &str, image: Option<Value>) -> Result<Object, ApiError> {
    let wish = spec_tag(stream, tag);
    let newest = newest_event(stream, tag);
    let conditions = tag_history(stream, tag)
        .map(|history| &history.conditions)
        .filter(|found| !found.is_empty());
    let mut shown = head("ImageStreamTag");
    shown["metadata"] = metadata(object, stream, tag, newest);
    shown["tag"] = json!(wish);
    shown["generation"] = newest.map_or(0, |event| event.generation).into();
    shown["lookupPolicy"] = json!(stream.spec.lookup_policy);
    if let Some(conditions) = conditions {
        shown["conditions"] = json!(conditions);
    }
    let digest = newest.map(|event| event.image.as_str()).unwrap_or_default();
    let mut image = image.unwrap_or_else(|| image_view::unloaded(digest));
    if let Some(event) = newest {
        image_view::through_tag(&mut image, &event_pull_spec(stream, tag, event), wish);
    }
    shown["image"] = image;
    Ok(shown)
}

/// Version and uid are the stream's, annotations the wish's.
fn metadata(object: &Object, stream: &ImageStream, tag: &str, newest: Option<&TagEvent>) -> Value {
    let of = &object["metadata"];
    let mut metadata = json!({
        "name": format!("{}:{tag}", stream.metadata.name.as_deref().unwrap_or_default()),
        "namespace": of["namespace"],
        "uid": of["uid"],
        "resourceVersion": of["resourceVersion"],
        "creationTimestamp": newest.map_or(of["creationTimestamp"].clone(), |event| json!(event.created)),
    });
    if let Some(labels) = of.get("labels") {
        metadata["labels"] = labels.clone();
    }
    let wish = spec_tag(stream, tag);
    if let Some(annotations) = wish
        .and_then(|wish| wish.annotations.as_ref())
        .filter(|found| !found.is_empty())
    {
        metadata["annotations"] = json!(annotations);
    }
    metadata
}
