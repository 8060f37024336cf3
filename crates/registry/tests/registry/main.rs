//! The registry as its clients see it: over its router, with streams and blobs in memory.

mod access;
mod api_streams;
mod blobs;
mod fixture;
mod manifests;
mod uploads;
