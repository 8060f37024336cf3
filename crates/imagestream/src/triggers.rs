//! Which objects a moved tag concerns, and what has to change in them.
//!
//! All of this is level driven: the answer depends on what the streams and the object say now, never on what happened.
//! A lookup is handed in: `lookup(namespace, name)` gives the stream, or `None` where there is none.

mod annotation;
mod build_config;
mod deployment_config;
mod field_path;

use std::borrow::Borrow;

use weir_api::image::ImageStream;

pub use annotation::{AnnotationError, AnnotationPlan, ImageChange, annotation, annotation_streams};
pub use build_config::{BuildConfigPlan, build_config, build_config_streams};
pub use deployment_config::{DeploymentConfigPlan, deployment_config, deployment_config_streams};
pub use field_path::{ContainerList, FieldPathError};

use crate::resolve::pull_spec;
use crate::source::StreamTag;

/// The pull spec of `tag`, by the tag's reference policy. `None` when the stream or the tag is missing or has no image.
/// Failed and pending imports are ignored: the last good image counts.
pub fn resolve(stream: Option<&ImageStream>, tag: &str) -> Option<String> {
    pull_spec(stream?, tag)
}

fn resolve_in<L, S>(lookup: &L, tag: &StreamTag) -> Option<String>
where
    L: Fn(&str, &str) -> Option<S>,
    S: Borrow<ImageStream>,
{
    let stream = lookup(&tag.stream.namespace, &tag.stream.name)?;
    resolve(Some(stream.borrow()), &tag.tag)
}

#[cfg(test)]
mod tests;
