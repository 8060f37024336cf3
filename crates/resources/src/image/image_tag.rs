//! `imagetags`: a stream seen by one tag, with wish and history side by side, whether there is an image or not.

mod table;
mod write;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use weir_api::image::ImageStream;
use weir_apiserver::{
    ApiError, FieldError, GroupVersionKind, Object, RequestContext, Resource, Scope, Verb, VirtualResource,
};
use weir_imagestream::resolve::{event_pull_spec, newest_event, spec_tag, tag_history};

use super::image_stream_tag::delete_tag;
use super::stream_write::{about_request, head};
use super::{IMAGE_STREAMS, ImageConfig, image_view, kind, schemas, stream_name};
use crate::{decode, describe};

const KIND: GroupVersionKind = kind("ImageTag");

pub(super) fn resource(config: &ImageConfig) -> Resource {
    let handler = Arc::new(ImageTags { config: config.clone() });
    let verbs = &[
        Verb::Create,
        Verb::Delete,
        Verb::Get,
        Verb::List,
        Verb::Patch,
        Verb::Update,
    ];
    Resource {
        short_names: &["itag"],
        columns: table::COLUMNS,
        cells: table::cells,
        schema: &schemas::IMAGE_TAG,
        ..describe::computed(KIND, "imagetags", "imagetag", Scope::Namespaced, verbs, handler)
    }
}

struct ImageTags {
    config: ImageConfig,
}

#[async_trait]
impl VirtualResource for ImageTags {
    async fn get(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        let (stream, tag) = split(name)?;
        let found = cx.objects.get(&IMAGE_STREAMS, &cx.namespace, stream).await;
        let object = found.map_err(|error| about_request(cx, stream, error))?;
        shown(cx, &object, tag).await?.ok_or_else(|| cx.not_found(name))
    }

    /// Every tag that is wished for or has a history, sorted by name within each stream.
    async fn list(&self, cx: &RequestContext) -> Result<Vec<Object>, ApiError> {
        let mut tags = Vec::new();
        for object in cx.objects.list(&IMAGE_STREAMS, &cx.namespace, None).await? {
            let stream: ImageStream = decode::stored(&object)?;
            let wished = stream.spec.tags.iter().map(|tag| tag.name.as_str());
            let names: BTreeSet<&str> = wished
                .chain(stream.status.tags.iter().map(|tag| tag.tag.as_str()))
                .collect();
            tags.extend(names.into_iter().map(|tag| view(&object, &stream, tag, None)));
        }
        Ok(tags)
    }

    async fn create(&self, cx: &RequestContext, object: Object) -> Result<(Object, bool), ApiError> {
        let asked = write::Asked::parse(&object)?;
        let name = asked.name().to_owned();
        let Some((stream, tag)) = stream_name::split(&name, ':') else {
            let rule = "must be of the form <stream_name>:<tag>";
            return Err(ApiError::invalid(
                &KIND,
                &name,
                vec![FieldError::invalid("metadata.name", &name, rule)],
            ));
        };
        let stored = write::create(cx, &self.config, stream, tag, asked).await?;
        Ok((shown(cx, &stored, tag).await?.ok_or_else(|| cx.not_found(&name))?, true))
    }

    async fn update(&self, cx: &RequestContext, name: &str, object: Object) -> Result<(Object, bool), ApiError> {
        let (stream, tag) = split(name)?;
        let asked = write::Asked::parse(&object)?;
        let (stored, created) = write::update(cx, &self.config, stream, tag, asked).await?;
        let gone = ImageStream::default();
        let answer = match shown(cx, &stored, tag).await? {
            Some(answer) => answer,
            // The wish was all there was, and it is gone.
            None => view(&stored, &gone, tag, None),
        };
        Ok((answer, created))
    }

    async fn delete(&self, cx: &RequestContext, name: &str, options: &Value) -> Result<Object, ApiError> {
        let (stream, tag) = split(name)?;
        delete_tag(cx, &self.config, (name, stream, tag), options).await
    }
}

fn split(name: &str) -> Result<(&str, &str), ApiError> {
    stream_name::split(name, ':').ok_or_else(|| ApiError::bad_request("ImageTags must be retrieved with <name>:<tag>"))
}

/// The tag of the stream stored as `object`, with its image if that is known; `None` when there is no such tag.
async fn shown(cx: &RequestContext, object: &Object, tag: &str) -> Result<Option<Object>, ApiError> {
    let stream: ImageStream = decode::stored(object)?;
    if spec_tag(&stream, tag).is_none() && tag_history(&stream, tag).is_none() {
        return Ok(None);
    }
    let mut image = None;
    if let Some(event) = newest_event(&stream, tag).filter(|event| !event.image.is_empty()) {
        image = image_view::find(cx, &event.image).await?;
        if let Some(image) = &mut image {
            image_view::through_tag(image, &event_pull_spec(&stream, tag, event), spec_tag(&stream, tag));
        }
    }
    Ok(Some(view(object, &stream, tag, image)))
}

/// Everything in the metadata but the name is the stream's.
fn view(object: &Object, stream: &ImageStream, tag: &str, image: Option<Value>) -> Object {
    let mut shown = head(KIND.kind);
    shown["metadata"] = object["metadata"].clone();
    shown["metadata"]["name"] = format!("{}:{tag}", object["metadata"]["name"].as_str().unwrap_or_default()).into();
    shown["spec"] = json!(spec_tag(stream, tag));
    shown["status"] = json!(tag_history(stream, tag));
    shown["image"] = image.unwrap_or(Value::Null);
    shown
}
