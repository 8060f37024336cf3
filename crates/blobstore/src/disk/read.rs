use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use weir_oci::{Digest, Hasher};

use super::Shared;
use super::files::blocking;
use super::index::Place;
use super::record::Record;
use crate::reader::checked_range;
use crate::{BlobReader, ReadError, StorageError};

/// What is read at once. Large enough that the cost of a call does not count, small enough for many readers.
const PIECE_BYTES: u64 = 256 * 1024;

pub(super) async fn open(
    shared: &Arc<Shared>,
    digest: &Digest,
    range: Option<Range<u64>>,
) -> Result<BlobReader, ReadError> {
    let place = shared.journal.index().place(digest).ok_or(ReadError::Unknown)?;
    let size = place.size();
    let range = checked_range(range, size)?;
    let (file, start) = match place {
        Place::Packed { offset, .. } => (shared.journal.file(), offset),
        Place::File { .. } => (open_file(shared, digest, size).await?, 0),
    };
    let whole = range == (0..size);
    let reading = Reading {
        shared: shared.clone(),
        file,
        start,
        digest: digest.clone(),
        next: range.start,
        end: range.end,
        hasher: whole.then(|| Hasher::new(digest.algorithm())),
    };
    let bytes = if range.is_empty() {
        futures::stream::empty().boxed()
    } else {
        futures::stream::try_unfold(reading, Reading::step).boxed()
    };
    Ok(BlobReader { size, range, bytes })
}

/// A blob's file, if it is there and has the length it was stored with.
async fn open_file(shared: &Shared, digest: &Digest, size: u64) -> Result<Arc<File>, ReadError> {
    let path = shared.files.blob_path(digest);
    let opened = blocking("opening a blob", move || match File::open(path) {
        Ok(file) => Ok(Some((file.metadata()?.len(), file))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    });
    match opened.await? {
        Some((length, file)) if length == size => Ok(Arc::new(file)),
        _ => Err(set_aside(shared, digest).await),
    }
}

/// A blob half way out.
struct Reading {
    shared: Arc<Shared>,
    file: Arc<File>,
    /// Where the blob begins in the file.
    start: u64,
    digest: Digest,
    next: u64,
    end: u64,
    /// Only when the whole blob is read.
    hasher: Option<Hasher>,
}

impl Reading {
    async fn step(mut self) -> Result<Option<(Bytes, Reading)>, ReadError> {
        if self.next == self.end {
            return Ok(None);
        }
        let (file, at, count) = (
            self.file.clone(),
            self.start + self.next,
            (self.end - self.next).min(PIECE_BYTES),
        );
        let hasher = self.hasher.take();
        let (piece, hasher) = blocking("reading a blob", move || read_piece(&file, at, count, hasher)).await?;
        self.next += count;
        match hasher {
            Some(hasher) if self.next == self.end => {
                // The last piece leaves only if all of it was right.
                if hasher.finish() != self.digest {
                    return Err(set_aside(&self.shared, &self.digest).await);
                }
            }
            hasher => self.hasher = hasher,
        }
        Ok(Some((piece, self)))
    }
}

fn read_piece(
    file: &File,
    at: u64,
    count: u64,
    mut hasher: Option<Hasher>,
) -> std::io::Result<(Bytes, Option<Hasher>)> {
    let mut piece = BytesMut::zeroed(count as usize);
    file.read_exact_at(&mut piece, at)?;
    if let Some(hasher) = &mut hasher {
        hasher.update(&piece);
    }
    Ok((piece.freeze(), hasher))
}

/// Takes a damaged blob out of service, keeping what is left of it for whoever investigates.
async fn set_aside(shared: &Shared, digest: &Digest) -> ReadError {
    let _placing = shared.placement.write().await;
    let Some(place) = shared.journal.index().place(digest) else {
        return ReadError::Corrupt(digest.clone());
    };
    tracing::error!(%digest, "a stored blob is damaged; it is set aside");
    match forget(shared, digest, place).await {
        Ok(()) => ReadError::Corrupt(digest.clone()),
        Err(error) => error.into(),
    }
}

async fn forget(shared: &Shared, digest: &Digest, place: Place) -> Result<(), StorageError> {
    shared
        .journal
        .commit(vec![Record::Forget { digest: digest.clone() }], None)
        .await?;
    if !place.is_file() {
        return Ok(());
    }
    let (from, to) = (shared.files.blob_path(digest), shared.files.damaged_path(digest));
    blocking("setting a damaged blob aside", move || {
        match std::fs::rename(from, to) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    })
    .await
}
