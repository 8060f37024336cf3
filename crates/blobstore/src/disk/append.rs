use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use tokio::sync::{OwnedMutexGuard, Semaphore};

use super::Shared;
use super::uploads::Session;
use crate::port::{BlobStream, Upload};
use crate::{IngestError, StorageError};

/// Uploads that write and hash at the same time; more wait their turn, which takes milliseconds.
pub(super) const WRITERS: usize = 16;
/// What is gathered from the network before it is written in one go. While it is written the next is gathered, so an
/// upload takes twice as much memory, and no thread while it waits for its sender.
const BATCH_BYTES: usize = 512 * 1024;

/// Appends content to an upload, as it comes.
pub(super) async fn append(
    shared: &Shared,
    upload: &Upload,
    at: Option<u64>,
    mut content: BlobStream,
) -> Result<u64, IngestError> {
    let session = shared.uploads.claim(upload).await?;
    match at {
        Some(given) if given != session.offset => {
            let expected = session.offset;
            return Err(IngestError::Offset { expected, given });
        }
        _ => {}
    }
    let writers = &shared.uploads.writers;
    match write_all(writers, session, &mut content, shared.config.max_blob_bytes).await? {
        (session, Ok(())) => Ok(session.offset),
        (session, Err(error @ IngestError::Storage(_))) => {
            // The bytes are given back, above all when the disk is full.
            shared.uploads.remove(upload, session).await?;
            Err(error)
        }
        (_, Err(error)) => Err(error),
    }
}

type Written = (OwnedMutexGuard<Session>, Result<(), IngestError>);

/// Content that arrived together, and how it ended if it did.
struct Batch {
    pieces: Vec<Bytes>,
    end: Option<Result<(), String>>,
}

async fn write_all(
    writers: &Arc<Semaphore>,
    mut session: OwnedMutexGuard<Session>,
    content: &mut BlobStream,
    limit: u64,
) -> Result<Written, StorageError> {
    let mut batch = gather(content).await;
    loop {
        let writing = write(writers, session, batch.pieces, limit);
        let Some(end) = batch.end else {
            let (written, next) = tokio::join!(writing, gather(content));
            let (back, result) = written?;
            if result.is_err() {
                return Ok((back, result));
            }
            (session, batch) = (back, next);
            continue;
        };
        let (session, result) = writing.await?;
        return Ok((
            session,
            result.and(end.map_err(|error| IngestError::Body(error.into()))),
        ));
    }
}

async fn gather(content: &mut BlobStream) -> Batch {
    let mut batch = Batch {
        pieces: Vec::new(),
        end: None,
    };
    let mut bytes = 0;
    while bytes < BATCH_BYTES {
        match content.next().await {
            Some(Ok(piece)) => {
                bytes += piece.len();
                batch.pieces.push(piece);
            }
            Some(Err(error)) => {
                batch.end = Some(Err(error));
                break;
            }
            None => {
                batch.end = Some(Ok(()));
                break;
            }
        }
    }
    batch
}

async fn write(
    writers: &Arc<Semaphore>,
    session: OwnedMutexGuard<Session>,
    pieces: Vec<Bytes>,
    limit: u64,
) -> Result<Written, StorageError> {
    if pieces.is_empty() {
        return Ok((session, Ok(())));
    }
    let permit = writers
        .clone()
        .acquire_owned()
        .await
        .map_err(|_| StorageError::Stopped)?;
    // Should the client go away now, what arrived is still written.
    let written = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        write_pieces(session, &pieces, limit)
    });
    written
        .await
        .map_err(|error| StorageError::io("writing an upload")(io::Error::other(error)))
}

fn write_pieces(mut session: OwnedMutexGuard<Session>, pieces: &[Bytes], limit: u64) -> Written {
    for piece in pieces {
        if session.offset + piece.len() as u64 > limit {
            return (session, Err(IngestError::TooLarge { limit }));
        }
        if let Err(error) = session.file.write_all_at(piece, session.offset) {
            return (session, Err(StorageError::io("writing an upload")(error).into()));
        }
        session.hasher.update(piece);
        session.offset += piece.len() as u64;
    }
    (session, Ok(()))
}
