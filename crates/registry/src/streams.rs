use std::collections::HashSet;

use async_trait::async_trait;
use weir_oci::{Digest, RepositoryName, Tag};

use crate::image::PushedImage;
use crate::token::Caller;

mod api;
mod memory;
mod user_api;

pub use api::ApiStreams;
pub use memory::MemoryStreams;
pub use user_api::UserApi;

/// Why the streams could not be read or told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    #[error("repository name not known to registry")]
    StreamUnknown,
    /// The words are the API's, for the user.
    #[error("{0}")]
    Denied(String),
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    Busy(String),
    #[error("{0}")]
    NoSpace(String),
    #[error("the API does not answer: {0}")]
    Unavailable(String),
}

/// What tags mean. The truth is the API's image streams.
#[async_trait]
pub trait Streams: Send + Sync + 'static {
    /// The image a tag means now. `None` for a tag without image, or one that means an external image.
    async fn resolve_tag(&self, repository: &RepositoryName, tag: &Tag) -> Result<Option<Digest>, StreamError>;

    /// Tags that mean an image.
    async fn tags(&self, repository: &RepositoryName) -> Result<Vec<Tag>, StreamError>;

    /// Is this an image in the history of any tag, or part of one? `false` when there is no such stream.
    async fn knows_image(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool, StreamError>;

    /// Every blob of the stream's images. Empty when there is no such stream.
    async fn layers(&self, repository: &RepositoryName) -> Result<HashSet<Digest>, StreamError>;

    /// All streams, for whoever may list them.
    async fn repositories(&self, caller: &Caller) -> Result<Vec<String>, StreamError>;

    /// Tells of an image without tag.
    async fn record_image(&self, image: &PushedImage) -> Result<(), StreamError>;

    /// Tells that a tag means an image from now on. When this returns, it is in the stream's history, durably.
    ///
    /// # Errors
    /// [`StreamError::StreamUnknown`] when there is no such stream.
    async fn record_push(&self, image: &PushedImage, tag: &Tag) -> Result<(), StreamError>;

    /// Makes a stream, with the caller's rights. One that is there already is fine.
    async fn create_stream(&self, caller: &Caller, repository: &RepositoryName) -> Result<(), StreamError>;
}
