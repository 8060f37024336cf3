use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{Request, StatusCode};
use tokio::sync::Mutex;
use weir_blobstore::{BlobReader, BlobStream};
use weir_oci::ErrorCode;

use crate::answer::Problem;

/// A sender that says nothing for so long has gone away; its upload can be continued.
const IDLE: Duration = Duration::from_secs(30);

/// The content of a request, ending with an error when the sender stalls.
pub(crate) fn content(request: Request<Body>) -> BlobStream {
    futures::stream::unfold(Some(request.into_body().into_data_stream()), |body| async move {
        let mut body = body?;
        match tokio::time::timeout(IDLE, body.next()).await {
            Ok(Some(Ok(piece))) => Some((Ok(piece), Some(body))),
            Ok(Some(Err(error))) => Some((Err(error.to_string()), None)),
            Ok(None) => None,
            Err(_) => Some((Err(format!("nothing came for {} s", IDLE.as_secs())), None)),
        }
    })
    .boxed()
}

/// A sender who is refused in the middle is heard for so long: most clients read the answer only when they have sent
/// everything, and see a broken connection instead of the reason if nobody listens.
const HEARD_OUT: Duration = Duration::from_secs(10);
const HEARD_OUT_BYTES: usize = 256 * 1024 * 1024;

/// The content of a request whose rest can still be listened to after its reader gave up.
pub(crate) struct Incoming(Arc<Mutex<BlobStream>>);

impl Incoming {
    pub(crate) fn of(request: Request<Body>) -> Self {
        // Whoever gave up may have read to the end, which is then asked for again.
        Self(Arc::new(Mutex::new(content(request).fuse().boxed())))
    }

    /// What is not yet read, for a reader who may drop it.
    pub(crate) fn pieces(&self) -> BlobStream {
        futures::stream::unfold(self.0.clone(), |content| async move {
            let piece = content.lock().await.next().await?;
            Some((piece, content))
        })
        .boxed()
    }

    /// Reads the rest and forgets it, within bounds of time and size.
    pub(crate) async fn hear_out(self) {
        let mut pieces = self.pieces();
        let rest = async {
            let mut heard = 0;
            while let Some(Ok(piece)) = pieces.next().await {
                heard += piece.len();
                if heard > HEARD_OUT_BYTES {
                    return;
                }
            }
        };
        if tokio::time::timeout(HEARD_OUT, rest).await.is_err() {
            tracing::debug!("a refused sender went on for {} s", HEARD_OUT.as_secs());
        }
    }
}

/// Reads a small body whole.
pub(crate) async fn read(request: Request<Body>, limit: usize) -> Result<Bytes, Problem> {
    let too_large = || {
        Problem::new(ErrorCode::SizeInvalid, format!("the body is larger than {limit} bytes"))
            .with_status(StatusCode::PAYLOAD_TOO_LARGE)
    };
    if length(&request).is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let mut content = content(request);
    let mut body = BytesMut::new();
    while let Some(piece) = content.next().await {
        let piece =
            piece.map_err(|error| Problem::new(ErrorCode::SizeInvalid, format!("the body broke off: {error}")))?;
        if body.len() + piece.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// What `Content-Length` says.
pub(crate) fn length(request: &Request<Body>) -> Option<u64> {
    request
        .headers()
        .get(http::header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// A blob as the body of an answer. An error in the middle breaks the connection, so that the client sees it.
pub(crate) fn from_blob(reader: BlobReader) -> Body {
    Body::from_stream(reader.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn content_that_was_read_to_its_end_can_still_be_heard_out() {
        let incoming = Incoming::of(Request::new(Body::from("all of it")));
        let read: Vec<_> = incoming.pieces().collect().await;
        assert_eq!(read, [Ok(Bytes::from("all of it"))]);
        incoming.hear_out().await;
    }
}
