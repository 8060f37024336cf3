use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use futures::StreamExt;
use hyper::body::{Frame, SizeHint};

/// A sender who is refused is heard for so long: most clients read the answer only when they have sent everything, and
/// see a broken connection instead of the reason if nobody listens.
const HEARD_OUT: Duration = Duration::from_secs(10);
/// Of one who sends fast, so much is enough.
const HEARD_OUT_BYTES: usize = 256 * 1024 * 1024;

/// The body of a request, whose rest can still be listened to when its reader gave up.
///
/// # Caveats
///
/// There is one rest, however many readers there are: what one of them took, the others do not see.
pub struct Incoming(Rest);

impl Incoming {
    pub fn of(request: Request) -> Self {
        Self(Rest(Arc::new(Mutex::new(Some(request.into_body())))))
    }

    /// What is not read yet, for a reader who may drop it.
    pub fn body(&self) -> Body {
        Body::new(self.0.clone())
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
            tracing::debug!("a refused sender went on for {} s", HEARD_OUT.as_secs());
        }
    }
}

/// `None` after the end: whoever gave up may have read that far, and bodies need not answer after it.
#[derive(Clone)]
struct Rest(Arc<Mutex<Option<Body>>>);

impl Rest {
    fn body(&self) -> MutexGuard<'_, Option<Body>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpBody for Rest {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut rest = self.body();
        let Some(body) = rest.as_mut() else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(cx);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            *rest = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body().as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body()
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::stream;

    use super::*;

    /// A body of so many pieces of a size, and how many of them were taken.
    fn counted(pieces: usize, size: usize) -> (Incoming, Arc<AtomicUsize>) {
        let taken = Arc::new(AtomicUsize::new(0));
        let counter = taken.clone();
        let piece = Bytes::from(vec![0; size]);
        let pieces = stream::iter(0..pieces).map(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(piece.clone())
        });
        (Incoming::of(Request::new(Body::from_stream(pieces))), taken)
    }

    #[tokio::test]
    async fn what_a_reader_left_is_heard_out() {
        let (incoming, taken) = counted(5, 1);
        let mut reader = incoming.body().into_data_stream();
        assert!(reader.next().await.is_some());
        drop(reader);
        assert_eq!(taken.load(Ordering::Relaxed), 1);
        incoming.hear_out().await;
        assert_eq!(taken.load(Ordering::Relaxed), 5);
    }

    #[tokio::test]
    async fn what_was_read_to_its_end_can_still_be_heard_out() {
        // A stream of this kind must not be asked again after its end.
        let pieces = stream::unfold(1, |left| async move {
            (left > 0).then(|| (Ok::<_, Infallible>(Bytes::from("all of it")), left - 1))
        });
        let incoming = Incoming::of(Request::new(Body::from_stream(pieces)));
        let read = axum::body::to_bytes(incoming.body(), 100).await.unwrap();
        assert_eq!(read, "all of it");
        incoming.hear_out().await;
        assert!(incoming.body().is_end_stream());
    }

    #[tokio::test]
    async fn a_sender_without_end_is_left_after_so_many_bytes() {
        let size = 1024 * 1024;
        let (incoming, taken) = counted(usize::MAX, size);
        incoming.hear_out().await;
        assert_eq!(taken.load(Ordering::Relaxed), HEARD_OUT_BYTES / size + 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_who_says_nothing_is_left_after_a_while() {
        let silent = stream::pending::<Result<Bytes, Infallible>>();
        let incoming = Incoming::of(Request::new(Body::from_stream(silent)));
        let begun = tokio::time::Instant::now();
        incoming.hear_out().await;
        assert_eq!(begun.elapsed().as_secs(), HEARD_OUT.as_secs());
    }
}
