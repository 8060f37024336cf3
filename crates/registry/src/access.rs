use async_trait::async_trait;
use weir_oci::RepositoryName;

use crate::token::Caller;

mod cache;
pub(crate) use cache::CachedAccess;

/// What somebody may or may not do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read a repository: `get imagestreams/layers`.
    Pull(RepositoryName),
    /// Write to it: `update imagestreams/layers`.
    Push(RepositoryName),
    /// Remove content: `delete images`, cluster-wide.
    DeleteImages,
    /// See which repositories there are: `list imagestreams`, cluster-wide.
    ListStreams,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    #[error("the token is not valid")]
    InvalidToken,
    #[error("the API cannot be asked for permission: {0}")]
    Unavailable(String),
}

/// Asks whoever knows, with the caller's own token. Denied on error.
#[async_trait]
pub trait Access: Send + Sync + 'static {
    /// Is this anybody? Everybody may be anonymous.
    async fn identify(&self, caller: &Caller) -> Result<(), AccessError>;

    async fn allows(&self, caller: &Caller, action: &Action) -> Result<bool, AccessError>;
}
