//! The words of container registries: digests, names, references, media types, manifests, configs and error codes.
//!
//! Everything here parses hostile text into types that cannot be wrong. There is no IO, no clock and no network, so that
//! the registry, the importer, the API and the agent agree on what a name or a manifest is.
//!
//! ```text
//! "docker.io/library/node:20@sha256:..." -> Reference { registry, namespace, name, Tag, Digest }
//! bytes + Content-Type                    -> Manifest::{Image, Index} (exactly one type, bounded)
//! config blob                             -> ImageConfig
//! ```

mod descriptor;
mod digest;
mod error_code;
mod image_config;
pub mod limits;
mod manifest;
mod media_type;
mod platform;
mod reference;
mod repository_name;
mod strict_json;
mod tag;

pub use descriptor::{ArtifactAnnotations, Descriptor};
pub use digest::{Algorithm, Digest, DigestError, Hasher};
pub use error_code::{ErrorBody, ErrorCode, ErrorDetail};
pub use image_config::{ContainerConfig, HealthConfig, HistoryEntry, ImageConfig, ImageConfigError, RootFs};
pub use manifest::{ImageIndex, ImageManifest, Manifest, ManifestError};
pub use media_type::{ManifestType, config_types, layer_types};
pub use platform::Platform;
pub use reference::{DOCKER_HUB, DOCKER_HUB_HOST, Reference, ReferenceError};
pub use repository_name::{RepositoryName, RepositoryNameError};
pub use tag::{Tag, TagError};
