use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::Permit;

/// A body with the permit of the request that it answers.
struct Held {
    body: Body,
    _permit: Permit,
}

/// A body that is complete needs no permit: it is in memory already.
pub(super) fn hold(permit: Permit, body: Body) -> Body {
    match body.size_hint().exact() {
        Some(_) => body,
        None => Body::new(Held { body, _permit: permit }),
    }
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
