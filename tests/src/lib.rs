//! The test kit: starts real parts on loopback, each in a directory of its own, and ends only what it started.
//!
//! ```text
//! Directory   a place that is removed again            Weir        `weir up` as a child, and the command line against it
//! GitServer   smart HTTP over real git                 Sample      the hello-world program in its versions
//! Tiny        an S2I builder image from busybox        Visitor     requests to ready pods, counted
//! Tutorial    the walk of README, step by step          Dockerd     a Docker daemon that can be stopped and started
//! SmallDisk   a file system that is soon full
//! load        clients that write until the server dies   history     whether one server can have answered all that
//! transcript  what is typed and what is printed, with every client
//! ```

mod binary;
mod directory;
mod dockerd;
mod git_server;
pub mod history;
pub mod load;
mod sample;
mod small_disk;
mod tiny;
pub mod transcript;
mod tutorial;
mod visitor;
mod weir;

pub use binary::{binary, engine_missing, kubectl, oc, skip, tool};
pub use directory::Directory;
pub use dockerd::Dockerd;
pub use git_server::GitServer;
pub use sample::Sample;
pub use small_disk::SmallDisk;
pub use tiny::tiny_builder_layout;
pub use tutorial::{Measured, Tutorial};
pub use visitor::{Visited, Visitor, api_client};
pub use weir::{Answer, Weir, WeirOptions};
