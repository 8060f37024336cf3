use std::io::{self, BufWriter, Write};

use bytes::Bytes;
use futures::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use tokio::sync::mpsc::{self, Sender};
use tokio::task::JoinHandle;

use crate::api::Flow;

/// What is made ahead of the network: so many pieces of this size.
const PIECES: usize = 4;
const PIECE_BYTES: usize = 64 * 1024;

type Piece = io::Result<Bytes>;

/// Whoever makes the content of an upload.
pub struct Maker(JoinHandle<io::Result<()>>);

impl Maker {
    /// Why the content is not complete, if that is the maker's fault. To be asked when the request is over.
    pub async fn failure(self) -> Option<io::Error> {
        match self.0.await {
            Ok(Ok(())) => None,
            // The server did not want the rest.
            Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => None,
            Ok(Err(error)) => Some(error),
            Err(broken) => Some(io::Error::other(broken)),
        }
    }
}

/// A body of what `make` writes, while it writes it. A failure breaks the request off: half a source is not built.
pub fn flow(make: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static) -> (Flow, Maker) {
    let (sender, receiver) = mpsc::channel::<Piece>(PIECES);
    let making = tokio::task::spawn_blocking(move || {
        let failed = sender.clone();
        let mut out = BufWriter::with_capacity(PIECE_BYTES, Pipe(sender));
        let made = make(&mut out).and_then(|()| out.flush());
        // Nothing more goes into the pipe, and what is left in the buffer of a failure is dropped with it.
        let (_pipe, _rest) = out.into_parts();
        if let Err(error) = &made {
            // A request that is over does not need to be broken off.
            let _over = failed.blocking_send(Err(io::Error::new(error.kind(), error.to_string())));
        }
        made
    });
    let pieces = stream::unfold(receiver, |mut receiver| async move {
        let piece = receiver.recv().await?;
        Some((piece.map(Frame::data), receiver))
    });
    (StreamBody::new(pieces).boxed_unsync(), Maker(making))
}

struct Pipe(Sender<Piece>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Bytes::copy_from_slice(bytes);
        match self.0.blocking_send(Ok(piece)) {
            Ok(()) => Ok(bytes.len()),
            Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_flows_in_order() {
        let (body, maker) = flow(|out| (0..50_000).try_for_each(|number| writeln!(out, "{number}")));
        let bytes = body.collect().await.unwrap().to_bytes();
        let lines: Vec<&str> = std::str::from_utf8(&bytes).unwrap().lines().collect();
        assert_eq!((lines.len(), lines[49_999]), (50_000, "49999"));
        assert!(maker.failure().await.is_none());
    }

    #[tokio::test]
    async fn a_failure_breaks_the_body_off() {
        let (body, maker) = flow(|out| {
            out.write_all(b"half")?;
            Err(io::Error::other("unreadable"))
        });
        assert!(body.collect().await.is_err());
        assert_eq!(maker.failure().await.unwrap().to_string(), "unreadable");
    }

    #[tokio::test]
    async fn who_does_not_listen_is_no_failure() {
        let (body, maker) = flow(|out| (0..50_000).try_for_each(|number| writeln!(out, "{number}")));
        drop(body);
        assert!(maker.failure().await.is_none());
    }
}
