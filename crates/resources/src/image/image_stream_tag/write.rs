use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use weir_api::image::{ImageStream, TagReference};
use weir_apiserver::{ApiError, FieldError, Object, RequestContext};
use weir_imagestream::history::forget_tag;
use weir_imagestream::resolve::spec_tag;

use super::{KIND, SINGULAR};
use crate::image::image_stream::success;
use crate::image::stream_write::{Pinned, about_request, modify, modify_or_create};
use crate::image::{ImageConfig, defaults, tag_validation};
use crate::{decode, json};

/// What of an ImageStreamTag a client can decide.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Asked {
    #[serde(skip)]
    pub name: String,
    metadata: Metadata,
    tag: Option<TagReference>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    name: Option<String>,
    resource_version: Option<String>,
    annotations: Option<BTreeMap<String, String>>,
    labels: Option<BTreeMap<String, String>>,
}

impl Asked {
    pub(super) fn parse(object: &Object) -> Result<Asked, ApiError> {
        let mut object = object.clone();
        if object["tag"].is_object() {
            defaults::policies(&mut object["tag"]);
        }
        let mut asked: Asked = decode::typed(&object)?;
        asked.name = asked.metadata.name.clone().unwrap_or_default();
        Ok(asked)
    }

    fn resource_version(&self) -> &str {
        self.metadata.resource_version.as_deref().unwrap_or_default()
    }

    fn check(&self) -> Result<(), ApiError> {
        let problems: Vec<FieldError> = self
            .tag
            .iter()
            .flat_map(|tag| tag_validation::tag_reference("tag", tag))
            .collect();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(ApiError::invalid(&KIND, &self.name, problems))
        }
    }

    /// The wish as it is to be written over what the stream has: annotations come from the metadata.
    fn wish(&self, tag: &str, old: Option<&TagReference>) -> Option<TagReference> {
        let wish = self.tag.as_ref().or(old)?;
        Some(TagReference {
            name: tag.into(),
            annotations: self.metadata.annotations.clone(),
            ..wish.clone()
        })
    }

    /// Annotations given in both places must be the same.
    fn check_annotations(&self) -> Result<(), ApiError> {
        let given = self
            .tag
            .as_ref()
            .and_then(|tag| tag.annotations.as_ref())
            .filter(|given| !given.is_empty());
        let own = self.metadata.annotations.as_ref();
        if given.is_none() || own.is_none_or(|own| Some(own) == given) {
            return Ok(());
        }
        let rule = "tag annotations must not be provided or must be equal to the object meta annotations";
        Err(ApiError::invalid(
            &KIND,
            &self.name,
            vec![FieldError::invalid("tag.annotations", given, rule)],
        ))
    }

    /// Labels are the stream's. Old clients send none, which is no wish to remove them.
    fn check_labels(&self, stream: &ImageStream) -> Result<(), ApiError> {
        let own = stream.metadata.labels.clone().unwrap_or_default();
        if self
            .metadata
            .labels
            .as_ref()
            .is_none_or(|labels| labels.is_empty() || *labels == own)
        {
            return Ok(());
        }
        let rule = "may not update fields other than metadata.annotations";
        Err(ApiError::invalid(
            &KIND,
            &self.name,
            vec![FieldError::invalid("metadata", "", rule)],
        ))
    }
}

/// Adds a wish for `tag`, and the stream with it when it is missing. The stream as it is then stored.
pub(super) async fn create(
    cx: &RequestContext,
    config: &ImageConfig,
    stream: &str,
    tag: &str,
    mut asked: Asked,
) -> Result<Object, ApiError> {
    check_name(&asked.name, tag)?;
    asked.check()?;
    asked.check_annotations()?;
    if asked.metadata.annotations.is_none() {
        asked.metadata.annotations = asked.tag.as_ref().and_then(|tag| tag.annotations.clone());
    }
    let wish = asked.wish(tag, Some(&TagReference::default())).unwrap_or_default();
    let name = &asked.name;
    modify_or_create(cx, config, stream, &wish, |_, stream| {
        if spec_tag(stream, tag).is_some() {
            return Err(ApiError::already_exists(&SINGULAR, name));
        }
        stream.spec.tags.push(wish.clone());
        Ok(())
    })
    .await
}

/// Replaces the wish for `tag`. Tells also whether there was none before.
pub(super) async fn update(
    cx: &RequestContext,
    config: &ImageConfig,
    stream: &str,
    tag: &str,
    asked: Asked,
) -> Result<(Object, bool), ApiError> {
    asked.check()?;
    let created = std::sync::atomic::AtomicBool::new(true);
    let change = |object: &Object, stored: &mut ImageStream| {
        check_version(cx, &asked, json::text(object, "/metadata/resourceVersion"))?;
        asked.check_labels(stored)?;
        let old = spec_tag(stored, tag).cloned();
        created.store(old.is_none(), std::sync::atomic::Ordering::Relaxed);
        let wish = asked
            .wish(tag, old.as_ref())
            .ok_or_else(|| not_a_spec_tag(cx, stream, tag))?;
        stored.spec.tags.retain(|other| other.name != tag);
        stored.spec.tags.push(wish);
        Ok(())
    };
    let stored = if asked.resource_version().is_empty() {
        match asked.wish(tag, None) {
            Some(wish) => modify_or_create(cx, config, stream, &wish, change).await?,
            None => modify(cx, config, stream, Pinned::No, change)
                .await
                .map_err(|error| about_request(cx, stream, error))?,
        }
    } else {
        modify(cx, config, stream, Pinned::Yes, change)
            .await
            .map_err(|error| about_request(cx, stream, error))?
    };
    Ok((stored, created.into_inner()))
}

/// Removes wish and history of a tag, named as `(STREAM:TAG, STREAM, TAG)`.
pub(in crate::image) async fn delete(
    cx: &RequestContext,
    config: &ImageConfig,
    (name, stream_name, tag): (&str, &str, &str),
    options: &Value,
) -> Result<Object, ApiError> {
    let wanted_uid = json::text(options, "/preconditions/uid");
    modify(cx, config, stream_name, Pinned::No, |object, stream| {
        let uid = json::text(object, "/metadata/uid");
        if !wanted_uid.is_empty() && wanted_uid != uid {
            let why = format!("Precondition failed: UID in precondition: {wanted_uid}, UID in object meta: {uid}");
            return Err(ApiError::conflict(&cx.resource, name, why));
        }
        if forget_tag(stream, tag).changed() {
            Ok(())
        } else {
            Err(cx.not_found(name))
        }
    })
    .await
    .map_err(|error| about_request(cx, stream_name, error))?;
    let mut answer = success();
    answer["details"] = json!({"name": name, "group": cx.resource.group, "kind": cx.resource.resource});
    Ok(answer)
}

fn check_name(name: &str, tag: &str) -> Result<(), ApiError> {
    let problem = tag_validation::tag_name("metadata.name", tag);
    problem.map_or(Ok(()), |problem| Err(ApiError::invalid(&KIND, name, vec![problem])))
}

fn check_version(cx: &RequestContext, asked: &Asked, stored: &str) -> Result<(), ApiError> {
    if asked.resource_version().is_empty() || asked.resource_version() == stored {
        return Ok(());
    }
    let why = format!("another caller has updated the resource version to {stored}");
    Err(ApiError::conflict(&cx.resource, &asked.name, why))
}

fn not_a_spec_tag(cx: &RequestContext, stream: &str, tag: &str) -> ApiError {
    let namespace = &cx.namespace;
    ApiError::bad_request(format!(
        "imagestreamtag {tag} is not a spec tag in imagestream {namespace}/{stream}, cannot be updated"
    ))
}
