//! `image.openshift.io/v1`: images, the streams that remember what tags pointed to, and what is computed from them.
//!
//! ```text
//! stored     images, imagestreams (status, layers, secrets)
//! views      imagestreamtags, imagetags, imagestreamimages        a stream seen by tag or by digest
//! actions    imagestreammappings (a push), imagestreamimports (a look at other registries)
//! ```
//!
//! What a stream means is decided in `weir_imagestream`; here are the words of the API around it. Whatever writes a
//! stream besides its own PUT goes through [`stream_write`].

mod defaults;
mod image_stream;
mod image_stream_image;
mod image_stream_import;
mod image_stream_mapping;
mod image_stream_tag;
mod image_tag;
mod image_view;
mod schemas;
mod stored_image;
mod stream_name;
mod stream_write;
mod tag_validation;

use std::sync::Arc;

use weir_apiserver::{GroupResource, GroupVersionKind, Resource};
use weir_oci::Platform;
use weir_registry_client::RegistryClient;

use crate::Clock;

pub(crate) const IMAGES: GroupResource = GroupResource {
    group: GROUP,
    resource: "images",
};
pub(crate) const IMAGE_STREAMS: GroupResource = GroupResource {
    group: GROUP,
    resource: "imagestreams",
};

const GROUP: &str = weir_api::image::GROUP;

/// What the resources of this group need of the machine they run on.
#[derive(Clone)]
pub struct ImageConfig {
    /// Host and port of the integrated registry as objects show it.
    pub registry_host: String,
    /// The same as seen from outside, where there is such a name.
    pub public_registry_host: Option<String>,
    /// Reads other registries, for imports.
    pub registries: Arc<dyn RegistryClient>,
    /// What the machine runs: of several platforms an import chooses this one.
    pub platform: Platform,
    pub clock: Clock,
}

const fn kind(kind: &'static str) -> GroupVersionKind {
    GroupVersionKind {
        group: GROUP,
        version: weir_api::image::VERSION,
        kind,
    }
}

/// Everything this group serves.
pub fn resources(config: &ImageConfig) -> Vec<Resource> {
    vec![
        stored_image::resource(config),
        image_stream::resource(config),
        image_stream_image::resource(),
        image_stream_import::resource(config),
        image_stream_mapping::resource(config),
        image_stream_tag::resource(config),
        image_tag::resource(config),
    ]
}

#[cfg(test)]
mod tests;
