use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use tokio::sync::OwnedSemaphorePermit;
use url::Url;
use weir_oci::{Digest, Hasher};

use super::transport::root_cause;
use crate::{BlobStream, FetchError, Phase};

/// A successful answer whose body has not been read yet.
pub(super) struct Answer {
    pub response: reqwest::Response,
    pub what: &'static str,
    pub idle: Duration,
    /// Held until the body has been read or dropped.
    pub _permit: OwnedSemaphorePermit,
}

impl Answer {
    pub(super) fn header(&self, name: reqwest::header::HeaderName) -> Option<&str> {
        self.response.headers().get(name).and_then(|value| value.to_str().ok())
    }

    pub(super) fn url(&self) -> &Url {
        self.response.url()
    }

    pub(super) async fn read(mut self, limit: usize) -> Result<Bytes, FetchError> {
        read_bounded(&mut self.response, self.what, limit, self.idle).await
    }

    /// The body in pieces. The bytes are hashed as they pass, and the end is an error if they are not the right ones.
    pub(super) fn stream(self, digest: Digest) -> BlobStream {
        let size = self.response.content_length();
        let hasher = Hasher::new(digest.algorithm());
        let bytes = futures::stream::try_unfold(Some((self, hasher, digest)), |state| async move {
            let Some((mut answer, mut hasher, digest)) = state else {
                return Ok(None);
            };
            match next_piece(&mut answer.response, answer.idle).await? {
                Some(piece) => {
                    hasher.update(&piece);
                    Ok(Some((piece, Some((answer, hasher, digest)))))
                }
                None => {
                    same(&digest, hasher.finish())?;
                    Ok(None)
                }
            }
        });
        BlobStream {
            size,
            bytes: bytes.boxed(),
        }
    }
}

/// Reads a whole body, but never more than `limit` bytes of it.
pub(super) async fn read_bounded(
    response: &mut reqwest::Response,
    what: &'static str,
    limit: usize,
    idle: Duration,
) -> Result<Bytes, FetchError> {
    let too_large = || FetchError::TooLarge {
        what,
        limit: limit as u64,
    };
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    while let Some(piece) = next_piece(response, idle).await? {
        if body.len() + piece.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// The digest, if the bytes have it.
pub(super) fn verified(expected: &Digest, body: &[u8]) -> Result<Digest, FetchError> {
    same(expected, Digest::of(expected.algorithm(), body))
}

fn same(expected: &Digest, actual: Digest) -> Result<Digest, FetchError> {
    if actual == *expected {
        Ok(actual)
    } else {
        Err(FetchError::Integrity {
            expected: expected.clone(),
            actual,
        })
    }
}

async fn next_piece(response: &mut reqwest::Response, idle: Duration) -> Result<Option<Bytes>, FetchError> {
    match tokio::time::timeout(idle, response.chunk()).await {
        Ok(Ok(piece)) => Ok(piece),
        Ok(Err(error)) => Err(FetchError::Broken(root_cause(&error))),
        Err(_) => Err(FetchError::Timeout(Phase::Body)),
    }
}
