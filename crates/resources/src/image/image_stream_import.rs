//! `imagestreamimports`: looks at other registries, and records in a stream what was found.
//!
//! ```text
//! parse -> fetch (registries) -> weir_imagestream::import::plan -> one commit of images and stream -> answer
//! ```
//!
//! What fails is told per image inside of a 201; only a request that cannot be carried out at all fails as a whole.

mod answer;
mod credentials;
mod failure;
mod fetch;
mod grouping;
mod record;
mod request;

use std::sync::Arc;

use async_trait::async_trait;
use weir_api::image::ImageStream;
use weir_apiserver::{
    ApiError, GroupResource, GroupVersionKind, Object, RequestContext, Resource, Scope, VirtualResource,
};

use super::{GROUP, IMAGE_STREAMS, ImageConfig, kind};
use crate::{decode, describe};

const KIND: GroupVersionKind = kind("ImageStreamImport");
/// Conflicts are told about the stream, in the singular.
const STREAM: GroupResource = GroupResource {
    group: GROUP,
    resource: "imagestream",
};

pub(super) fn resource(config: &ImageConfig) -> Resource {
    let handler = Arc::new(ImageStreamImports { config: config.clone() });
    describe::action(
        KIND,
        "imagestreamimports",
        "imagestreamimport",
        Scope::Namespaced,
        handler,
    )
}

struct ImageStreamImports {
    config: ImageConfig,
}

#[async_trait]
impl VirtualResource for ImageStreamImports {
    async fn create(&self, cx: &RequestContext, object: Object) -> Result<(Object, bool), ApiError> {
        let asked = request::parse(&object)?;
        let name = asked.metadata.name.clone().unwrap_or_default();
        let stored = find(cx, &name).await?;
        check_preconditions(cx, &asked.metadata, &name, stored.as_ref())?;
        let stream = stored.as_ref().map(decode::stored::<ImageStream>).transpose()?;
        let keyring = credentials::of_namespace(cx).await?;
        let fetched = fetch::all(&self.config, &asked.spec, stream.as_ref(), keyring).await;
        let written = if asked.spec.import {
            let target = record::Target {
                name: &name,
                stored,
                stream,
            };
            Some(record::record(cx, &self.config, &asked.spec, &fetched, target).await?)
        } else {
            None
        };
        Ok((answer::answer(asked, fetched, written)?, true))
    }
}

async fn find(cx: &RequestContext, stream: &str) -> Result<Option<Object>, ApiError> {
    match cx.objects.get(&IMAGE_STREAMS, &cx.namespace, stream).await {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The request may say which version of which stream it is based on.
fn check_preconditions(
    cx: &RequestContext,
    asked: &weir_api::meta::ObjectMeta,
    name: &str,
    stored: Option<&Object>,
) -> Result<(), ApiError> {
    let version = asked.resource_version.as_deref().unwrap_or_default();
    let uid = asked.uid.as_deref().unwrap_or_default();
    let Some(stored) = stored else {
        let creates = version.is_empty() && uid.is_empty();
        return if creates {
            Ok(())
        } else {
            Err(ApiError::not_found(&STREAM, name))
        };
    };
    let actual = crate::json::text(stored, "/metadata/resourceVersion");
    if !version.is_empty() && version != actual {
        let why = format!("the image stream was updated from \"{version}\" to \"{actual}\"");
        return Err(ApiError::conflict(&STREAM, name, why));
    }
    if !uid.is_empty() && uid != crate::json::text(stored, "/metadata/uid") {
        return Err(ApiError::not_found(&cx.resource, name));
    }
    Ok(())
}
