use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use hyper::{Response, Version};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// How fast a client must be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// From the first byte of a request to the end of its head; a new connection has so long for its first request.
    pub head: Duration,
    /// Between requests.
    pub idle: Duration,
}

/// What the client of one connection is doing, told by the bytes that come and the requests that begin and end. With
/// it, a client that sends a head byte by byte is told apart from one that keeps its connection for later.
#[derive(Clone)]
pub(super) struct Pace(Arc<Mutex<State>>);

struct State {
    doing: Doing,
    since: Instant,
    /// Requests whose answers are not at their end.
    open: usize,
    /// HTTP/2 speaks between requests too, and has its own pings for clients that went away.
    multiplexed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    SendingHead,
    BeingServed,
    Nothing,
}

impl Pace {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            doing: Doing::SendingHead,
            since: Instant::now(),
            open: 0,
            multiplexed: false,
        })))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the client will have taken too long, as things stand.
    pub fn deadline(&self, patience: Patience) -> Option<Instant> {
        let state = self.state();
        match state.doing {
            Doing::BeingServed => None,
            Doing::SendingHead if !state.multiplexed => Some(state.since + patience.head),
            Doing::SendingHead | Doing::Nothing => Some(state.since + patience.idle),
        }
    }

    fn bytes_came(&self) {
        let mut state = self.state();
        if state.doing == Doing::Nothing && !state.multiplexed {
            state.doing = Doing::SendingHead;
            state.since = Instant::now();
        }
    }

    /// A request's head is complete. The request lasts until what this returns is dropped.
    pub fn request_began(&self, version: Version) -> Open {
        let mut state = self.state();
        state.open += 1;
        state.doing = Doing::BeingServed;
        state.multiplexed |= version == Version::HTTP_2;
        Open(self.clone())
    }

    /// The bytes of a connection, noticed.
    pub fn over<S>(&self, stream: S) -> Paced<S> {
        Paced {
            stream,
            pace: self.clone(),
        }
    }
}

/// A request whose answer is not at its end.
pub(super) struct Open(Pace);

impl Open {
    /// The answer, which ends the request when its body does.
    pub fn until_answered(self, answer: Response<Body>) -> Response<Body> {
        answer.map(|body| Body::new(Answer { body, _open: self }))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.open -= 1;
        if state.open == 0 {
            state.doing = Doing::Nothing;
            state.since = Instant::now();
        }
    }
}

struct Answer {
    body: Body,
    _open: Open,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

pub(super) struct Paced<S> {
    stream: S,
    pace: Pace,
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.pace.bytes_came();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
