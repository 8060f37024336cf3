//! Kubeconfig files: which one counts, what it says, and how to change it.

mod document;
mod local_server;
mod location;

pub use document::{Document, KubeconfigError, cluster_name};
pub use local_server::{LocalServer, register_local_server};
pub use location::{Location, default_data_dir};
