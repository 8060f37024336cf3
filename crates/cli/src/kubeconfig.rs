//! Kubeconfig files: which one counts, what it says, and how to change it.

mod document;
mod location;

pub use document::{Document, cluster_name};
pub use location::{Location, default_data_dir};
