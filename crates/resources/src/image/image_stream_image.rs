//! `imagestreamimages`: a stream seen by one of its images, `STREAM@DIGEST` or with the start of a digest.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use weir_api::image::ImageStream;
use weir_apiserver::{
    ApiError, Column, GroupResource, GroupVersionKind, Object, RequestContext, Resource, Scope, Verb, VirtualResource,
};
use weir_imagestream::resolve::{LookupError, digest_matches, images};

use super::stream_write::head;
use super::{GROUP, IMAGE_STREAMS, image_view, kind, schemas, stream_name};
use crate::describe::{self, NAME, column, wide};
use crate::{ages, decode, json};

const KIND: GroupVersionKind = kind("ImageStreamImage");
/// Clients know this resource's errors by its singular.
const SINGULAR: GroupResource = GroupResource {
    group: GROUP,
    resource: "imagestreamimage",
};

const COLUMNS: &[Column] = &[
    NAME,
    column("Updated", "string", "When the image was seen first."),
    wide("Image Reference", "string", "Where the image was found first."),
    wide("Image Name", "string", "The digest of the image."),
];

pub(super) fn resource() -> Resource {
    Resource {
        short_names: &["isimage"],
        columns: COLUMNS,
        cells,
        schema: &schemas::IMAGE_STREAM_IMAGE,
        ..describe::computed(
            KIND,
            "imagestreamimages",
            "imagestreamimage",
            Scope::Namespaced,
            &[Verb::Get],
            Arc::new(ImageStreamImages),
        )
    }
}

struct ImageStreamImages;

#[async_trait]
impl VirtualResource for ImageStreamImages {
    /// A short digest that several images of the stream have in common is a conflict, as it is for tags; upstream takes
    /// any of them.
    async fn get(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        let (stream_name, id) = stream_name::split(name, '@')
            .ok_or_else(|| ApiError::bad_request("ImageStreamImages must be retrieved with <name>@<id>"))?;
        let object = cx.objects.get(&IMAGE_STREAMS, &cx.namespace, stream_name).await?;
        let stream: ImageStream = decode::stored(&object)?;
        let digest = match known_images(cx, &stream, id).await?.as_slice() {
            [] => return Err(ApiError::not_found(&SINGULAR, name)),
            [only] => only.clone(),
            several => {
                let why = LookupError::Ambiguous {
                    prefix: id.into(),
                    images: several.to_vec(),
                };
                return Err(ApiError::conflict(&SINGULAR, name, why));
            }
        };
        let image = image_view::load(cx, &digest).await?;
        let mut shown = head(KIND.kind);
        shown["metadata"] = json!({
            "name": name,
            "namespace": cx.namespace,
            "creationTimestamp": image["metadata"]["creationTimestamp"],
        });
        if let Some(annotations) = object["metadata"].get("annotations") {
            shown["metadata"]["annotations"] = annotations.clone();
        }
        shown["image"] = image;
        Ok(shown)
    }
}

/// The images of the stream that `id` names: those in its history, and the manifests that they list.
async fn known_images(cx: &RequestContext, stream: &ImageStream, id: &str) -> Result<Vec<String>, ApiError> {
    let mut found = BTreeSet::new();
    for digest in images(stream) {
        if digest_matches(digest, id) {
            found.insert(digest.to_owned());
        }
        let Some(image) = image_view::find(cx, digest).await? else {
            continue;
        };
        let listed = json::items(&image, "/dockerImageManifests")
            .iter()
            .map(|entry| json::text(entry, "/digest"));
        found.extend(listed.filter(|digest| digest_matches(digest, id)).map(str::to_owned));
    }
    Ok(found.into_iter().collect())
}

fn cells(image: &Object, now: jiff::Timestamp) -> Vec<Value> {
    vec![
        describe::name(image),
        ages::ago(json::text(image, "/metadata/creationTimestamp"), now).into(),
        json::text(image, "/image/dockerImageReference").into(),
        json::text(image, "/image/metadata/name").into(),
    ]
}
