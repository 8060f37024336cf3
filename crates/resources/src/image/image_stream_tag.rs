//! `imagestreamtags`: a stream seen by one tag, with the image that the tag means now.

mod table;
mod view;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use weir_api::image::ImageStream;
use weir_apiserver::{
    ApiError, FieldError, GroupResource, GroupVersionKind, Object, RequestContext, Resource, Scope, Verb,
    VirtualResource,
};
use weir_imagestream::resolve::newest_event;

use super::stream_write::about_request;
use super::{GROUP, IMAGE_STREAMS, ImageConfig, image_view, kind, schemas, stream_name};
use crate::{decode, describe};

const KIND: GroupVersionKind = kind("ImageStreamTag");
/// Some answers name the resource in the singular, and clients compare.
const SINGULAR: GroupResource = GroupResource {
    group: GROUP,
    resource: "imagestreamtag",
};

pub(super) fn resource(config: &ImageConfig) -> Resource {
    let handler = Arc::new(ImageStreamTags { config: config.clone() });
    let verbs = &[
        Verb::Create,
        Verb::Delete,
        Verb::Get,
        Verb::List,
        Verb::Patch,
        Verb::Update,
    ];
    Resource {
        short_names: &["istag"],
        columns: table::COLUMNS,
        cells: table::cells,
        schema: &schemas::IMAGE_STREAM_TAG,
        ..describe::computed(
            KIND,
            "imagestreamtags",
            "imagestreamtag",
            Scope::Namespaced,
            verbs,
            handler,
        )
    }
}

struct ImageStreamTags {
    config: ImageConfig,
}

#[async_trait]
impl VirtualResource for ImageStreamTags {
    async fn get(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        let (stream_name, tag) = split(name)?;
        let found = cx.objects.get(&IMAGE_STREAMS, &cx.namespace, stream_name).await;
        let object = found.map_err(|error| about_request(cx, stream_name, error))?;
        let stream: ImageStream = decode::stored(&object)?;
        let digest = newest_event(&stream, tag)
            .map(|event| event.image.as_str())
            .unwrap_or_default();
        if digest.is_empty() {
            return Err(cx.not_found(name));
        }
        let image = image_view::load(cx, digest).await?;
        view::tag(&object, &stream, tag, Some(image))
    }

    /// Tags that mean an image; a wish without an image is not among them.
    async fn list(&self, cx: &RequestContext) -> Result<Vec<Object>, ApiError> {
        let mut tags = Vec::new();
        for object in cx.objects.list(&IMAGE_STREAMS, &cx.namespace, None).await? {
            let stream: ImageStream = decode::stored(&object)?;
            let known = stream
                .status
                .tags
                .iter()
                .filter(|tag| tag.items.first().is_some_and(|e| !e.image.is_empty()));
            for known in known {
                tags.push(view::tag(&object, &stream, &known.tag, None)?);
            }
        }
        Ok(tags)
    }

    async fn create(&self, cx: &RequestContext, object: Object) -> Result<(Object, bool), ApiError> {
        let asked = write::Asked::parse(&object)?;
        let name = asked.name.clone();
        let Some((stream, tag)) = stream_name::split(&name, ':') else {
            let rule = "must be of the form <stream_name>:<tag>";
            return Err(ApiError::invalid(
                &KIND,
                &name,
                vec![FieldError::invalid("metadata.name", &name, rule)],
            ));
        };
        let stored = write::create(cx, &self.config, stream, tag, asked).await?;
        Ok((self.shown(cx, &stored, tag).await?, true))
    }

    async fn update(&self, cx: &RequestContext, name: &str, object: Object) -> Result<(Object, bool), ApiError> {
        let (stream, tag) = split(name)?;
        let asked = write::Asked::parse(&object)?;
        let (stored, created) = write::update(cx, &self.config, stream, tag, asked).await?;
        Ok((self.shown(cx, &stored, tag).await?, created))
    }

    async fn delete(&self, cx: &RequestContext, name: &str, options: &Value) -> Result<Object, ApiError> {
        let (stream, tag) = split(name)?;
        write::delete(cx, &self.config, (name, stream, tag), options).await
    }
}

impl ImageStreamTags {
    /// The tag after a write, when it may have no image yet.
    async fn shown(&self, cx: &RequestContext, stored: &Object, tag: &str) -> Result<Object, ApiError> {
        let stream: ImageStream = decode::stored(stored)?;
        let image = match newest_event(&stream, tag) {
            Some(event) if !event.image.is_empty() => image_view::find(cx, &event.image).await?,
            _ => None,
        };
        view::tag(stored, &stream, tag, image)
    }
}

fn split(name: &str) -> Result<(&str, &str), ApiError> {
    stream_name::split(name, ':')
        .ok_or_else(|| ApiError::bad_request("ImageStreamTags must be retrieved with <name>:<tag>"))
}

pub(super) use write::delete as delete_tag;
