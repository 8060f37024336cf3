//! `imagestreammappings`: the registry tells of a pushed image, and a tag that means it from now on.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use weir_api::image::{Image, ImageStream, TagEvent};
use weir_api::names::annotation::IMAGE_MANAGED;
use weir_apiserver::names::validate_path_segment;
use weir_apiserver::{
    ApiError, FieldError, GroupVersionKind, Object, Planned, RequestContext, Resource, Scope, UpdateMode,
    VirtualResource,
};
use weir_imagestream::history::record_tag_event;
use weir_imagestream::spec_tags::follow;

use super::image_stream::success;
use super::stream_write::{self, MAX_ATTEMPTS, RETRY_AFTER_SECONDS};
use super::{IMAGE_STREAMS, IMAGES, ImageConfig, kind, stored_image, tag_validation};
use crate::{decode, describe, json};

const KIND: GroupVersionKind = kind("ImageStreamMapping");

pub(super) fn resource(config: &ImageConfig) -> Resource {
    let handler = Arc::new(ImageStreamMappings { config: config.clone() });
    describe::action(
        KIND,
        "imagestreammappings",
        "imagestreammapping",
        Scope::Namespaced,
        handler,
    )
}

struct ImageStreamMappings {
    config: ImageConfig,
}

#[async_trait]
impl VirtualResource for ImageStreamMappings {
    /// Image and history are written in one revision: whoever sees the tag move finds the image.
    ///
    /// Pushes of one tag that meet are all recorded, one after the other; upstream refuses the later ones.
    async fn create(&self, cx: &RequestContext, mapping: Object) -> Result<(Object, bool), ApiError> {
        let pushed = self.parse(cx, &mapping)?;
        for _ in 0..MAX_ATTEMPTS {
            let planned = self.plan(cx, &pushed).await?;
            if planned.is_empty() {
                return Ok((success(), true));
            }
            match cx.objects.commit(cx, planned).await {
                Ok(_) => return Ok((success(), true)),
                Err(error) if error.is_conflict() || error.is_already_exists() => {}
                Err(error) => return Err(error),
            }
        }
        Err(ApiError::server_timeout(&cx.resource, cx.verb, RETRY_AFTER_SECONDS))
    }
}

/// A mapping that can be carried out.
struct Pushed {
    stream: String,
    tag: String,
    /// The image as it is to be stored when it is new.
    image: Object,
    digest: String,
    reference: String,
    managed: bool,
}

impl ImageStreamMappings {
    fn parse(&self, cx: &RequestContext, mapping: &Object) -> Result<Pushed, ApiError> {
        let stream = json::text(mapping, "/metadata/name").to_owned();
        let tag = json::text(mapping, "/tag").to_owned();
        let mut image = mapping.get("image").cloned().unwrap_or(Value::Null);
        let digest = json::text(&image, "/metadata/name").to_owned();
        if json::text(&image, "/dockerImageReference").is_empty() && !self.config.registry_host.is_empty() {
            let reference = format!("{}@{digest}", self.repository(cx, &stream));
            json::put(&mut image, &["dockerImageReference"], reference);
        }
        json::put(&mut image, &["kind"], "Image");
        json::put(&mut image, &["apiVersion"], weir_api::image::API_VERSION);
        json::remove(&mut image, "/signatures");
        json::remove(&mut image, "/metadata/namespace");
        let mut problems = required("metadata.name", &stream);
        problems.extend(match tag.as_str() {
            "" => required("tag", ""),
            tag => tag_validation::tag_name("tag", tag).into_iter().collect(),
        });
        problems.extend(match validate_path_segment(&digest) {
            _ if digest.is_empty() => required("image.metadata.name", ""),
            Err(rule) => vec![FieldError::invalid("image.metadata.name", &digest, rule)],
            Ok(()) => Vec::new(),
        });
        stored_image::prepare(&mut image, (self.config.clock)())?;
        let typed: Image = decode::typed(&image)?;
        problems.extend(stored_image::problems("image", &typed));
        if !problems.is_empty() {
            return Err(ApiError::invalid(&KIND, &stream, problems));
        }
        let managed = json::meta(&image, "annotations", IMAGE_MANAGED) == "true";
        Ok(Pushed {
            stream,
            tag,
            digest,
            managed,
            reference: typed.docker_image_reference,
            image,
        })
    }

    /// What to write; nothing when the tag means the image already.
    async fn plan(&self, cx: &RequestContext, pushed: &Pushed) -> Result<Vec<Planned>, ApiError> {
        let found = cx.objects.get(&IMAGE_STREAMS, &cx.namespace, &pushed.stream).await;
        let mut object = found.map_err(|error| stream_write::about_request(cx, &pushed.stream, error))?;
        let mut stream: ImageStream = decode::stored(&object)?;
        let image_exists = match cx.objects.get(&IMAGES, "", &pushed.digest).await {
            Ok(_) => true,
            Err(error) if error.is_not_found() => false,
            Err(error) => return Err(error),
        };
        let mut planned = Vec::new();
        if !image_exists {
            planned.push(Planned::Create {
                resource: IMAGES,
                object: pushed.image.clone(),
            });
        }
        // An image that is here already may have come by another stream's repository.
        let reference = if image_exists && pushed.managed && !self.config.registry_host.is_empty() {
            format!("{}@{}", self.repository(cx, &pushed.stream), pushed.digest)
        } else {
            pushed.reference.clone()
        };
        let event = TagEvent {
            created: stream_write::now(&self.config),
            docker_image_reference: reference,
            image: pushed.digest.clone(),
            generation: stream.metadata.generation.unwrap_or(0),
        };
        if record_tag_event(&mut stream, &pushed.tag, event).changed() {
            follow(&mut stream, vec![pushed.tag.clone()]);
            stream_write::put(&mut object, &stream)?;
            planned.push(Planned::Update {
                resource: IMAGE_STREAMS,
                object,
                mode: UpdateMode::Internal,
            });
        }
        Ok(planned)
    }

    fn repository(&self, cx: &RequestContext, stream: &str) -> String {
        format!("{}/{}/{stream}", self.config.registry_host, cx.namespace)
    }
}

fn required(field: &str, text: &str) -> Vec<FieldError> {
    if text.is_empty() {
        vec![FieldError::required(field, "")]
    } else {
        Vec::new()
    }
}
