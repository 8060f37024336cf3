//! Fetching manifests, tags and blobs from any OCI registry.
//!
//! The port is [`RegistryClient`]; [`HttpRegistryClient`] speaks to real registries, [`MemoryRegistries`] to the ones a
//! test made up. Whatever comes back is bounded, timed and checked against its digest. Credentials stay with the host
//! they were given for, and addresses inside our own network are not contacted unless somebody allowed them.
//!
//! ```text
//! Source + Selector -> endpoint -> address policy -> request -> challenge -> token -> request -> bounded body -> digest
//! ```

mod address_policy;
mod challenge;
mod endpoint;
mod error;
mod failure;
mod http;
mod image;
mod keyring;
mod memory;
mod port;

pub use address_policy::{AddressClass, AddressPolicy, HostPort, Network, NetworkError};
pub use error::{FetchError, Phase};
pub use failure::ImportFailure;
pub use http::{HttpRegistryClient, HttpRegistryConfig, Timeouts};
pub use image::{FetchedImage, fetch_image, resolve_image};
pub use keyring::{Credentials, Keyring, KeyringError, Secret};
pub use memory::MemoryRegistries;
pub use port::{BlobStream, FetchedManifest, RegistryClient, Selector, Source};
