use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use bytes::Bytes;
use weir_oci::{Digest, RepositoryName};

use super::files::blocking;
use super::record::Record;
use super::uploads::{self, Session};
use super::{PACKED_BYTES, Shared};
use crate::port::{LinkKind, Upload};
use crate::{IngestError, StorageError};

/// Turns an upload into a blob.
pub(super) async fn finish(shared: &Shared, upload: &Upload, digest: &Digest) -> Result<u64, IngestError> {
    let mut session = shared.uploads.claim(upload).await?;
    let size = session.offset;
    let settled = settle(shared, upload, &session, digest).await;
    match settled {
        // The file has become the blob.
        Ok(Settled::Moved) => shared.uploads.end(upload, &mut session),
        Ok(Settled::Copied) => shared.uploads.remove(upload, session).await?,
        Err(error) => {
            shared.uploads.remove(upload, session).await?;
            return Err(error);
        }
    }
    Ok(size)
}

/// Takes in content that is in memory.
pub(super) async fn put(
    shared: &Shared,
    repository: &RepositoryName,
    kind: LinkKind,
    digest: &Digest,
    content: Bytes,
) -> Result<(), IngestError> {
    check(digest, Digest::of(digest.algorithm(), &content))?;
    let _placing = shared.placement.read().await;
    let link = Record::Link {
        repository: repository.clone(),
        kind,
        digest: digest.clone(),
    };
    let size = content.len() as u64;
    if is_known(shared, digest) {
        shared.journal.commit(vec![link], None).await?;
    } else if size <= PACKED_BYTES {
        shared
            .journal
            .commit(
                vec![
                    Record::Packed {
                        digest: digest.clone(),
                        content,
                    },
                    link,
                ],
                None,
            )
            .await?;
    } else {
        let path = write_temporary(shared, content).await?;
        move_into_place(shared, path, digest, size, link).await?;
    }
    Ok(())
}

/// What happened to an upload's file.
enum Settled {
    Moved,
    Copied,
}

async fn settle(shared: &Shared, upload: &Upload, session: &Session, digest: &Digest) -> Result<Settled, IngestError> {
    check(digest, content_digest(session, digest).await?)?;
    let _placing = shared.placement.read().await;
    let link = Record::Link {
        repository: upload.repository.clone(),
        kind: LinkKind::Blob,
        digest: digest.clone(),
    };
    if is_known(shared, digest) {
        shared.journal.commit(vec![link], None).await?;
        return Ok(Settled::Copied);
    }
    let (file, size) = (session.file.clone(), session.offset);
    if size <= PACKED_BYTES {
        let content = blocking("reading an upload", move || read_whole(&file, size)).await?;
        shared
            .journal
            .commit(
                vec![
                    Record::Packed {
                        digest: digest.clone(),
                        content,
                    },
                    link,
                ],
                None,
            )
            .await?;
        return Ok(Settled::Copied);
    }
    blocking("flushing a blob", move || file.sync_all()).await?;
    move_into_place(shared, session.path.clone(), digest, size, link).await?;
    Ok(Settled::Moved)
}

/// Gives flushed content its final name, and writes it down together with its link.
async fn move_into_place(
    shared: &Shared,
    from: PathBuf,
    digest: &Digest,
    size: u64,
    link: Record,
) -> Result<(), StorageError> {
    let to = shared.files.blob_path(digest);
    blocking("naming a blob", move || std::fs::rename(from, to)).await?;
    let records = vec![
        Record::File {
            digest: digest.clone(),
            size,
        },
        link,
    ];
    shared.journal.commit(records, Some(digest.algorithm())).await
}

async fn write_temporary(shared: &Shared, content: Bytes) -> Result<PathBuf, StorageError> {
    let path = shared.files.temporary_path();
    blocking("writing content", move || {
        let mut file = File::create_new(&path)?;
        let written = file.write_all(&content).and_then(|()| file.sync_all());
        if written.is_err() {
            std::fs::remove_file(&path)?;
        }
        written.map(|()| path)
    })
    .await
}

/// The running hash, unless the digest is of another algorithm.
async fn content_digest(session: &Session, digest: &Digest) -> Result<Digest, StorageError> {
    let algorithm = digest.algorithm();
    if algorithm == session.hasher.algorithm() {
        return Ok(session.hasher.clone().finish());
    }
    let file = session.file.clone();
    blocking("hashing an upload", move || {
        uploads::hash(&file, algorithm).map(|(hasher, _)| hasher.finish())
    })
    .await
}

fn check(expected: &Digest, actual: Digest) -> Result<(), IngestError> {
    if actual == *expected {
        Ok(())
    } else {
        Err(IngestError::DigestMismatch {
            expected: expected.clone(),
            actual,
        })
    }
}

fn is_known(shared: &Shared, digest: &Digest) -> bool {
    shared.journal.index().place(digest).is_some()
}

fn read_whole(file: &File, size: u64) -> std::io::Result<Bytes> {
    let mut content = vec![0; size as usize];
    file.read_exact_at(&mut content, 0)?;
    Ok(content.into())
}
