//! An Image as it is shown inside of something else: without its manifest and config.

use serde_json::{Map, Value, json};
use weir_api::image::TagReference;
use weir_apiserver::{ApiError, Object, RequestContext};

use super::IMAGES;
use crate::json;

/// The image of that digest, ready to be embedded; 404 about the image when it is gone.
pub(super) async fn load(cx: &RequestContext, digest: &str) -> Result<Value, ApiError> {
    cx.objects.get(&IMAGES, "", digest).await.map(embedded)
}

/// The same, with `None` when it is gone.
pub(super) async fn find(cx: &RequestContext, digest: &str) -> Result<Option<Value>, ApiError> {
    match load(cx, digest).await {
        Ok(image) => Ok(Some(image)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// All that can be said of an image without looking for it.
pub(super) fn unloaded(digest: &str) -> Value {
    let metadata = match digest {
        "" => json!({"creationTimestamp": null}),
        digest => json!({"name": digest, "creationTimestamp": null}),
    };
    json!({"metadata": metadata, "dockerImageMetadata": null, "dockerImageLayers": null})
}

/// Shows the image as the tag sees it: pulled from `pull_spec`, and with the tag's annotations over its own.
pub(super) fn through_tag(image: &mut Value, pull_spec: &str, tag: Option<&TagReference>) {
    json::put(image, &["dockerImageReference"], pull_spec);
    let annotations = tag
        .and_then(|tag| tag.annotations.as_ref())
        .filter(|annotations| !annotations.is_empty());
    if let Some(shown) = annotations.and_then(|_| json::map_at(image, &["metadata", "annotations"])) {
        shown.extend(
            annotations
                .into_iter()
                .flatten()
                .map(|(key, value)| (key.clone(), Value::from(value.as_str()))),
        );
    }
}

fn embedded(image: Object) -> Value {
    const HIDDEN: [&str; 4] = ["kind", "apiVersion", "dockerImageManifest", "dockerImageConfig"];
    match image {
        Value::Object(fields) => {
            let shown: Map<String, Value> = fields
                .into_iter()
                .filter(|(field, _)| !HIDDEN.contains(&field.as_str()))
                .collect();
            let mut shown = Value::from(shown);
            json::remove(&mut shown, "/metadata/managedFields"); // they are about the image itself
            shown
        }
        other => other,
    }
}
