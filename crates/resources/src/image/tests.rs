//! Scenarios: the resources behind a real API server over the memory store. Numbers are those of the specification's
//! checklist.

mod image_stream;
mod image_stream_image;
mod image_stream_import;
mod image_stream_layers;
mod image_stream_mapping;
mod image_stream_tag;
mod image_tag;
mod server;
