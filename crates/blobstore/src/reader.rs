use std::ops::Range;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use futures::stream::BoxStream;

use crate::ReadError;

/// A blob, or a part of one, being read.
pub struct BlobReader {
    /// Of the whole blob.
    pub size: u64,
    /// What of it is read.
    pub range: Range<u64>,
    /// When the whole blob is read, the last piece is held back until the digest has been found right.
    pub bytes: BoxStream<'static, Result<Bytes, ReadError>>,
}

impl BlobReader {
    /// Reads it into memory. The caller has compared `range` with its bound.
    pub async fn collect(mut self) -> Result<Bytes, ReadError> {
        let mut collected = BytesMut::new();
        while let Some(piece) = self.bytes.next().await {
            let piece = piece?;
            if collected.is_empty() && piece.len() as u64 == self.range.end - self.range.start {
                return Ok(piece);
            }
            collected.extend_from_slice(&piece);
        }
        Ok(collected.freeze())
    }
}

/// The part to read: the whole, or a range that must lie within and not be empty.
pub(crate) fn checked_range(range: Option<Range<u64>>, size: u64) -> Result<Range<u64>, ReadError> {
    match range {
        None => Ok(0..size),
        Some(range) if range.start < range.end && range.end <= size => Ok(range),
        Some(range) => Err(ReadError::Range { range, size }),
    }
}
