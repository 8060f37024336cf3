//! Builds images: source builds (S2I) and Dockerfile builds, as the kubelet of a virtual node.
//!
//! The build controller makes a pod for every Build and binds it to the node `weir-builder`. The builder sees the pod,
//! has the source fetched by an unprivileged child, plans one Dockerfile, has the engine run it, pushes the result with
//! a token that is good for one repository, and tells the pod and the Build how it went.
//!
//! ```text
//!                  pods of node weir-builder (watch)
//!                               |
//! kubelet: one task per pod ----+---- status of the pod, details of the Build
//!   |
//! build: fetch -> images -> plan -> engine build -> post-commit hook -> push
//!          |                 |           |
//!        child             pure        child (packs the context)      log: on disk, followed live over HTTP
//! ```
//!
//! Whatever reads hostile source runs in the child: without rights, credentials or the machine's environment. The
//! supervisor never opens a file of it.

mod builder;
mod config;

mod build;
mod failure;
mod job;
mod kubelet;
mod registry_access;
mod report;
mod stages;

mod child;
mod context;
mod dockerfile;
mod source;
mod upload;
mod workbench;

mod log;

pub mod builder_image;

pub use builder::{Builder, BuilderError};
pub use child::{CHILD_VERB, ChildProgram, child_main};
pub use config::{BuilderConfig, DEFAULT_CONCURRENCY, MAX_CONCURRENCY};
pub use failure::{BuildFailure, FailureReason};
pub use workbench::WorkbenchError;
