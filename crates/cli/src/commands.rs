//! One file per command.

pub mod annotate;
pub mod api_resources;
pub mod apply;
pub mod create;
pub mod delete;
pub mod get;
pub mod label;
mod metadata_map;
pub mod new_project;
pub mod patch;
pub mod project;
pub mod projects;
pub mod scale;
pub mod set;
pub mod version;
pub mod wait;
pub mod whoami;
