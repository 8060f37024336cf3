use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use futures::StreamExt;
use http::Request;
use hyper::body::{Frame, SizeHint};

/// A sender who is refused is heard for so long: most clients read the answer only when they have sent everything, and
/// see a broken connection instead of the reason if nobody listens.
const HEARD_OUT: Duration = Duration::from_secs(10);
const HEARD_OUT_BYTES: usize = 256 * 1024 * 1024;

/// The body of a request, whose rest can be listened to when whoever had it gave up.
pub(super) struct Content(Arc<Mutex<Body>>);

impl Content {
    pub fn of(request: Request<Body>) -> Self {
        Self(Arc::new(Mutex::new(request.into_body())))
    }

    /// What is not read yet.
    pub fn body(&self) -> Body {
        Body::new(Shared(self.0.clone()))
    }

    /// Reads the rest and forgets it, within bounds of time and size.
    pub async fn hear_out(&self) {
        let mut pieces = self.body().into_data_stream();
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
            tracing::debug!("a refused upload went on for {} s", HEARD_OUT.as_secs());
        }
    }
}

struct Shared(Arc<Mutex<Body>>);

impl Shared {
    fn body(&self) -> MutexGuard<'_, Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *self.body()).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body().size_hint()
    }
}
