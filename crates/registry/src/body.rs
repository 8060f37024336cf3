use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{Request, StatusCode};
use weir_blobstore::{BlobReader, BlobStream};
use weir_oci::ErrorCode;

use crate::answer::Problem;

/// A sender that says nothing for so long has gone away; its upload can be continued.
const IDLE: Duration = Duration::from_secs(30);

/// The content of a body, ending with an error when the sender stalls.
pub(crate) fn content(body: Body) -> BlobStream {
    futures::stream::unfold(Some(body.into_data_stream()), |body| async move {
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

/// Reads a small body whole.
pub(crate) async fn read(request: Request<Body>, limit: usize) -> Result<Bytes, Problem> {
    let too_large = || {
        Problem::new(ErrorCode::SizeInvalid, format!("the body is larger than {limit} bytes"))
            .with_status(StatusCode::PAYLOAD_TOO_LARGE)
    };
    if length(&request).is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let mut content = content(request.into_body());
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
