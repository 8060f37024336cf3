//! Answers, compressed for clients that offer to unpack them.

use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, VARY};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::{Body as _, Frame, SizeHint};

/// Smallest answer that is compressed. Below it, packing costs more than sending.
const THRESHOLD: u64 = 128 << 10;

/// Does the client offer to unpack gzip?
pub(crate) fn is_accepted(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter();
    let mut codings = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    codings.any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let refused = matches!(quality.trim().strip_prefix("q=").map(str::parse), Some(Ok(0.0_f32)));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// The whole of something that is sent often.
pub(crate) fn pack(bytes: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish().map(Bytes::from)
}

/// Says that an answer is packed.
pub(crate) fn mark(headers: &mut HeaderMap) {
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
}

/// Packs an answer on its way out, piece by piece, if it is worth it. Bodies of unknown length are lists too long for
/// one piece.
pub(crate) fn pack_large(response: Response<Body>) -> Response<Body> {
    let is_large = response.body().size_hint().exact().is_none_or(|size| size >= THRESHOLD);
    if response.status() != StatusCode::OK || response.headers().contains_key(CONTENT_ENCODING) || !is_large {
        return response;
    }
    let (mut head, body) = response.into_parts();
    mark(&mut head.headers);
    head.headers.remove(CONTENT_LENGTH);
    let packed = Packed {
        body,
        encoder: Some(GzEncoder::new(Vec::new(), Compression::fast())),
    };
    Response::from_parts(head, Body::new(packed))
}

struct Packed {
    body: Body,
    /// `None` after the end.
    encoder: Option<GzEncoder<Vec<u8>>>,
}

impl http_body::Body for Packed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        loop {
            if self.encoder.is_none() {
                return Poll::Ready(None);
            }
            let piece = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => frame.into_data().ok(),
                Some(Err(error)) => {
                    self.encoder = None;
                    return Poll::Ready(Some(Err(error)));
                }
                None => None,
            };
            match self.pack(piece) {
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Err(error) => return Poll::Ready(Some(Err(axum::Error::new(error)))),
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

impl Packed {
    /// What comes out when this goes in; nothing goes in at the end.
    fn pack(&mut self, piece: Option<Bytes>) -> std::io::Result<Bytes> {
        let Some(mut encoder) = self.encoder.take() else {
            return Ok(Bytes::new());
        };
        let Some(piece) = piece else {
            return encoder.finish().map(Bytes::from);
        };
        encoder.write_all(&piece)?;
        let packed = std::mem::take(encoder.get_mut());
        self.encoder = Some(encoder);
        Ok(Bytes::from(packed))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use http_body_util::BodyExt;

    use super::*;

    #[test]
    fn clients_say_what_they_unpack() {
        let table = [
            ("gzip", true),
            ("deflate, gzip;q=0.5", true),
            ("GZIP", true),
            ("gzip;q=0", false),
            ("br", false),
            ("", false),
        ];
        for (value, wanted) in table {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))]);
            assert_eq!(is_accepted(&headers), wanted, "{value}");
        }
    }

    #[tokio::test]
    async fn large_answers_are_packed_piece_by_piece() {
        let pieces: Vec<Bytes> = (0..40).map(|n| Bytes::from(vec![n; 10_000])).collect();
        let whole: Vec<u8> = pieces.concat();
        let stream = futures::stream::iter(pieces.into_iter().map(Ok::<_, axum::Error>));
        let packed = pack_large(Response::new(Body::from_stream(stream)));
        assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip");
        let bytes = packed.into_body().collect().await.expect("a body").to_bytes();
        let mut unpacked = Vec::new();
        GzDecoder::new(&*bytes).read_to_end(&mut unpacked).expect("gzip");
        assert_eq!(unpacked, whole);
    }

    #[test]
    fn small_answers_and_errors_are_left_alone() {
        let mut refused = Response::new(Body::from(vec![b'x'; 200 << 10]));
        *refused.status_mut() = StatusCode::BAD_REQUEST;
        for response in [Response::new(Body::from("short")), refused] {
            assert!(!pack_large(response).headers().contains_key(CONTENT_ENCODING));
        }
    }
}
