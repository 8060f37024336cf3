//! What a client uploads for a binary build: awaited by the build's pod, taken from the API as one stream, and kept on
//! disk until the build is over.
//!
//! ```text
//! pod -> a place for its upload -> POST /upload/... (the API hands the client's stream on) -> file, synced -> answered
//! ```
//!
//! The content is hostile and stays unread here: the unprivileged child unpacks it. What was answered is on disk, so
//! that a build that is cut off by a restart runs again with the same upload.

mod desk;
mod file;
mod route;

pub(crate) use desk::Desk;
pub(crate) use file::{UploadError, UploadFile};
pub(crate) use route::router;
