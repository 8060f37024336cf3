//! The OCI distribution server: push and pull for the repositories `NAMESPACE/STREAM`.
//!
//! Bytes are in the blob store; what tags mean is in the API's image streams. The registry asks the API who may do what,
//! with the caller's own token, and tells it of every push before it answers.
//!
//! ```text
//! request -> route -> authentication (token) -> access (may this token pull or push here?) -> routes/*
//!   pull: tag -> streams (digest) -> visibility (is it in this repository?) -> blob store
//!   push: blobs -> blob store; manifest -> push (all blobs here?) -> blob store -> streams.record_push -> 201
//! ```

mod access;
mod answer;
mod authentication;
mod body;
mod config;
mod image;
mod maintenance;
mod metrics;
mod page;
mod push;
mod range;
mod registry;
mod route;
mod routes;
mod streams;
mod token;
mod visibility;

pub use access::{Access, AccessError, Action};
pub use config::RegistryConfig;
pub use image::PushedImage;
pub use metrics::Metrics;
pub use registry::Registry;
pub use streams::{ApiStreams, MemoryStreams, StreamError, Streams, UserApi};
pub use token::{Caller, Token};
