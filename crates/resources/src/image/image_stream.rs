//! `imagestreams`: which image every tag meant, now and before.

mod fields;
mod layers;
pub(super) mod secrets;
mod status;
mod table;
mod validation;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use weir_api::image::{ImageStream, ImageStreamStatus};
use weir_apiserver::{ApiError, FieldError, GroupVersionKind, Object, RequestContext, Resource, Scope, Strategy, Verb};
use weir_imagestream::spec_tags::{prepare_create, prepare_update};

use super::{ImageConfig, defaults, kind, schemas, stream_name, stream_write};
use crate::{decode, describe, json};

pub(super) const KIND: GroupVersionKind = kind("ImageStream");

pub(super) fn resource(config: &ImageConfig) -> Resource {
    let strategy = Arc::new(ImageStreams { config: config.clone() });
    Resource {
        short_names: &["is"],
        categories: &["all"],
        subresources: vec![
            describe::status(KIND),
            describe::subresource("layers", kind("ImageStreamLayers"), &[Verb::Get], layers::Layers),
            describe::subresource("secrets", secrets::KIND, &[Verb::Get], secrets::Secrets),
        ],
        columns: table::COLUMNS,
        cells: table::cells,
        fields: fields::fields,
        schema: &schemas::IMAGE_STREAM,
        ..describe::stored(KIND, "imagestreams", "imagestream", Scope::Namespaced, strategy)
    }
}

struct ImageStreams {
    config: ImageConfig,
}

#[async_trait]
impl Strategy for ImageStreams {
    fn default(&self, stream: &mut Object) {
        if json::map_at(stream, &["spec", "lookupPolicy"]).is_some() {
            json::set_default(stream, "/spec/lookupPolicy", "local", false);
        }
        for tag in json::items_mut(stream, "/spec/tags") {
            defaults::policies(tag);
        }
    }

    async fn prepare_for_create(&self, cx: &RequestContext, object: &mut Object) -> Result<(), ApiError> {
        let mut stream: ImageStream = decode::typed(object)?;
        stream.status = ImageStreamStatus::default();
        prepare_create(&mut stream);
        stream_write::fulfil(cx, &self.config, &mut stream, None).await?;
        stream_write::put(object, &stream)
    }

    async fn prepare_for_update(&self, cx: &RequestContext, object: &mut Object, old: &Object) -> Result<(), ApiError> {
        let mut stream: ImageStream = decode::typed(object)?;
        let old: ImageStream = decode::stored(old)?;
        stream.status = old.status.clone();
        prepare_update(&mut stream, &old);
        stream_write::fulfil(cx, &self.config, &mut stream, Some(&old)).await?;
        stream_write::put(object, &stream)
    }

    async fn prepare_for_status_update(
        &self,
        _cx: &RequestContext,
        object: &mut Object,
        old: &Object,
    ) -> Result<(), ApiError> {
        status::prepare(object, old)
    }

    fn validate(&self, object: &Object) -> Vec<FieldError> {
        match decode::or_field_error::<ImageStream>(object) {
            Ok(stream) => validation::stream(&stream, None),
            Err(problem) => vec![problem],
        }
    }

    fn validate_update(&self, object: &Object, old: &Object) -> Vec<FieldError> {
        let both = decode::or_field_error(object).and_then(|new| Ok((new, decode::or_field_error(old)?)));
        match both {
            Ok((stream, old)) => validation::stream(&stream, Some(&old)),
            Err(problem) => vec![problem],
        }
    }

    /// The stored repositories do not matter: hosts are the server's, not the stream's.
    fn decorate(&self, object: &mut Object) {
        let path = format!(
            "{}/{}",
            json::text(object, "/metadata/namespace"),
            json::text(object, "/metadata/name")
        );
        let internal = match self.config.registry_host.as_str() {
            "" => json::text(object, "/spec/dockerImageRepository").to_owned(),
            host => format!("{host}/{path}"),
        };
        let Some(status) = json::map_at(object, &["status"]) else {
            return;
        };
        status.insert("dockerImageRepository".into(), internal.into());
        match &self.config.public_registry_host {
            Some(host) => status.insert("publicDockerImageRepository".into(), format!("{host}/{path}").into()),
            None => status.remove("publicDockerImageRepository"),
        };
    }

    fn allow_unconditional_update(&self) -> bool {
        false
    }

    fn validate_name(&self, name: &str) -> Result<(), String> {
        stream_name::validate(name)
    }
}

/// The answer to a command that has nothing to show.
pub(super) fn success() -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"})
}
