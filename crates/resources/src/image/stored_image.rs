//! `images`: what is known of a manifest, once for all streams that it is in.

mod validation;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use weir_api::image::Image;
use weir_api::names::annotation::IMAGE_MANIFEST_BLOB_STORED;
use weir_apiserver::names::validate_path_segment;
use weir_apiserver::{
    ApiError, Column, FieldError, GroupVersionKind, Object, RequestContext, Resource, Scope, Strategy,
};
use weir_imagestream::image_metadata::{METADATA_VERSION, describe};
use weir_oci::Digest;

use super::{ImageConfig, kind, schemas};
use crate::describe::{self as shorthand, NAME, column};
use crate::{Clock, decode, json};

pub(super) const KIND: GroupVersionKind = kind("Image");

/// What a client may not change: it follows from the manifest.
const COMPUTED: [&str; 4] = [
    "/dockerImageMetadata",
    "/dockerImageMetadataVersion",
    "/dockerImageLayers",
    "/dockerImageSignatures",
];
const MANIFEST: &str = "/dockerImageManifest";
const CONFIG: &str = "/dockerImageConfig";

pub(super) fn resource(config: &ImageConfig) -> Resource {
    let strategy = Arc::new(Images {
        clock: config.clock.clone(),
    });
    Resource {
        columns: COLUMNS,
        cells,
        schema: &schemas::IMAGE,
        ..shorthand::stored(KIND, "images", "image", Scope::Cluster, strategy)
    }
}

const COLUMNS: &[Column] = &[
    NAME,
    column("Image Reference", "string", "Where the image was found first."),
];

fn cells(image: &Object, _now: jiff::Timestamp) -> Vec<Value> {
    vec![
        shorthand::name(image),
        json::text(image, "/dockerImageReference").into(),
    ]
}

struct Images {
    clock: Clock,
}

#[async_trait]
impl Strategy for Images {
    fn default(&self, image: &mut Object) {
        json::set_default_text(image, "", "dockerImageMetadataVersion", METADATA_VERSION);
    }

    async fn prepare_for_create(&self, _cx: &RequestContext, image: &mut Object) -> Result<(), ApiError> {
        prepare(image, (self.clock)())
    }

    async fn prepare_for_update(&self, _cx: &RequestContext, image: &mut Object, old: &Object) -> Result<(), ApiError> {
        for path in COMPUTED {
            json::restore(image, old, path);
        }
        keep_content(image, old);
        drop_stored_content(image);
        Ok(())
    }

    fn validate(&self, object: &Object) -> Vec<FieldError> {
        match decode::or_field_error::<Image>(object) {
            Ok(image) => validation::image("", &image),
            Err(problem) => vec![problem],
        }
    }

    fn is_decorated(&self) -> bool {
        false
    }

    fn allow_unconditional_update(&self) -> bool {
        false
    }

    fn validate_name(&self, name: &str) -> Result<(), String> {
        validate_path_segment(name)
    }
}

pub(super) use validation::image as problems;

/// Computes what follows from manifest and config, then drops both if the registry has them.
pub(super) fn prepare(object: &mut Object, now: jiff::Timestamp) -> Result<(), ApiError> {
    let mut image: Image = decode::typed(object)?;
    let name = image.metadata.name.clone().unwrap_or_default();
    describe(&mut image, now).map_err(|error| {
        ApiError::invalid(
            &KIND,
            &name,
            vec![FieldError::invalid("dockerImageManifest", &name, error.to_string())],
        )
    })?;
    let computed = serde_json::to_value(&image).map_err(ApiError::internal)?;
    for (field, value) in computed
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(field, _)| *field != "metadata")
    {
        json::put(object, &[field], value.clone());
    }
    if let Some(annotations) = computed["metadata"].get("annotations") {
        json::put(object, &["metadata", "annotations"], annotations.clone());
    }
    drop_stored_content(object);
    Ok(())
}

fn drop_stored_content(image: &mut Object) {
    if json::meta(image, "annotations", IMAGE_MANIFEST_BLOB_STORED) == "true" {
        json::remove(image, MANIFEST);
        json::remove(image, CONFIG);
    }
}

/// Manifest and config may only be replaced by the very bytes that the image is named after.
fn keep_content(image: &mut Object, old: &Object) {
    let name = json::text(old, "/metadata/name").to_owned();
    let config = json::text(old, "/dockerImageMetadata/Id").to_owned();
    for (path, digest) in [(MANIFEST, name), (CONFIG, config)] {
        let content = json::text(image, path);
        let same = content == json::text(old, path);
        if !same
            && !digest
                .parse::<Digest>()
                .is_ok_and(|digest| digest.matches(content.as_bytes()))
        {
            json::restore(image, old, path);
        }
    }
}

#[cfg(test)]
mod tests;
