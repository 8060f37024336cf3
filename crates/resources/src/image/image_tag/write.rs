use std::sync::atomic::{AtomicBool, Ordering};

use serde::Deserialize;
use serde_json::Value;
use weir_api::image::{ImageStream, TagReference};
use weir_api::meta::ObjectMeta;
use weir_apiserver::{ApiError, FieldError, Object, RequestContext};
use weir_imagestream::resolve::{spec_tag, tag_history};

use super::KIND;
use crate::image::stream_write::{Pinned, about_request, modify, modify_or_create};
use crate::image::{ImageConfig, defaults, tag_validation};
use crate::{decode, json};

/// What a client sends of an ImageTag. `status` and the metadata must stay as they are shown.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    metadata: ObjectMeta,
    spec: Option<TagReference>,
    status: Value,
}

impl Asked {
    pub(super) fn parse(object: &Object) -> Result<Asked, ApiError> {
        let mut object = object.clone();
        if object["spec"].is_object() {
            defaults::policies(&mut object["spec"]);
        }
        decode::typed(&object)
    }

    pub(super) fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    fn resource_version(&self) -> &str {
        self.metadata.resource_version.as_deref().unwrap_or_default()
    }

    fn refuse(&self, problems: Vec<FieldError>) -> Result<(), ApiError> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(ApiError::invalid(&KIND, self.name(), problems))
        }
    }

    fn problems(&self, tag: &str) -> Vec<FieldError> {
        let Some(spec) = &self.spec else { return Vec::new() };
        let mut problems = tag_validation::tag_reference("spec", spec);
        if spec.name != tag {
            problems.push(FieldError::invalid(
                "spec.name",
                &spec.name,
                "must match image tag name",
            ));
        }
        problems
    }

    /// Labels, annotations and status are the stream's and cannot be changed from here.
    fn untouched(&self, stream: &ImageStream, tag: &str) -> Vec<FieldError> {
        let rule = "may not update fields other than spec";
        let (new, old) = (&self.metadata, &stream.metadata);
        let same = new.labels.clone().unwrap_or_default() == old.labels.clone().unwrap_or_default()
            && new.annotations.clone().unwrap_or_default() == old.annotations.clone().unwrap_or_default();
        let mut problems = Vec::new();
        if !same {
            problems.push(FieldError::invalid("metadata", "", rule));
        }
        let status = serde_json::to_value(tag_history(stream, tag)).unwrap_or_default();
        if !self.status.is_null() && self.status != status {
            problems.push(FieldError::invalid("status", "", rule));
        }
        problems
    }
}

pub(super) async fn create(
    cx: &RequestContext,
    config: &ImageConfig,
    stream: &str,
    tag: &str,
    asked: Asked,
) -> Result<Object, ApiError> {
    let mut problems = asked.problems(tag);
    problems.extend(tag_validation::tag_name("spec.name", tag));
    let wish = match &asked.spec {
        Some(spec) => spec.clone(),
        None => {
            problems.push(FieldError::required("spec", "spec is a required field during creation"));
            TagReference::default()
        }
    };
    asked.refuse(problems)?;
    modify_or_create(cx, config, stream, &wish, |_, stored| {
        if spec_tag(stored, tag).is_some() {
            return Err(ApiError::already_exists(&cx.resource, asked.name()));
        }
        stored.spec.tags.push(wish.clone());
        Ok(())
    })
    .await
}

/// Replaces the wish, or removes it when none is given; the history stays.
pub(super) async fn update(
    cx: &RequestContext,
    config: &ImageConfig,
    stream: &str,
    tag: &str,
    asked: Asked,
) -> Result<(Object, bool), ApiError> {
    asked.refuse(asked.problems(tag))?;
    let created = AtomicBool::new(true);
    let change = |object: &Object, stored: &mut ImageStream| {
        let version = json::text(object, "/metadata/resourceVersion");
        if !asked.resource_version().is_empty() && asked.resource_version() != version {
            let why = format!("another caller has updated the resource version to {version}");
            return Err(ApiError::conflict(&cx.resource, asked.name(), why));
        }
        asked.refuse(asked.untouched(stored, tag))?;
        let known = spec_tag(stored, tag).is_some() || tag_history(stored, tag).is_some();
        if asked.spec.is_none() && !known {
            return Err(cx.not_found(asked.name()));
        }
        created.store(!known, Ordering::Relaxed);
        stored.spec.tags.retain(|other| other.name != tag);
        stored.spec.tags.extend(asked.spec.clone());
        Ok(())
    };
    let stored = match &asked.spec {
        Some(wish) if asked.resource_version().is_empty() => modify_or_create(cx, config, stream, wish, change).await?,
        _ => modify(cx, config, stream, Pinned::Yes, change)
            .await
            .map_err(|error| about_request(cx, stream, error))?,
    };
    Ok((stored, created.into_inner()))
}
