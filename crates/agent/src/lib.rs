//! The node agent: runs the pods of its node on the container engine.
//!
//! ```text
//! labels         how containers say which pod they belong to
//! node_service   the kubelet-like service: logs, exec, attach
//! ```

mod labels;
mod node_service;

pub use node_service::NodeService;
