//! One file per command.

pub mod annotate;
pub mod api_resources;
pub mod apply;
pub mod cancel_build;
pub mod create;
pub mod delete;
pub mod describe;
pub mod get;
pub mod label;
pub mod logs;
mod metadata_map;
pub mod new_project;
pub mod patch;
pub mod project;
pub mod projects;
pub mod rollout;
pub mod scale;
pub mod set;
pub mod start_build;
pub mod version;
pub mod wait;
pub mod whoami;
