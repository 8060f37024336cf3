//! Logs of builds: written line by line with the time of each, bounded, kept on disk as long as the pod object exists,
//! read from any point and followed live.
//!
//! ```text
//! DATA/builds/logs/NAMESPACE/POD/uid               whose logs these are
//! DATA/builds/logs/NAMESPACE/POD/CONTAINER.log     `TIME TEXT` lines, TIME of fixed width
//! ```

mod line;
mod options;
mod pod_key;
mod reader;
mod route;
mod store;
mod writer;

pub(crate) use options::LogOptions;
pub(crate) use pod_key::PodKey;
pub(crate) use route::{LogRoute, router};
pub(crate) use store::{LogError, LogStore};
pub(crate) use writer::LogWriter;

#[cfg(test)]
mod tests;
