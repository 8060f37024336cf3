use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use bytes::Bytes;

use super::OpenError;
use super::index::{Index, Place};
use super::record::{HEADER_BYTES, PAYLOAD_BYTES, Record, checksum};

/// What a journal begins with; the digit is the version of the format.
const MAGIC: &[u8; 8] = b"WEIRJRN1";
/// A journal is rewritten at start if more than half of it is no longer wanted, unless it is small anyway.
const REWRITE_ABOVE: u64 = 64 * 1024 * 1024;

/// Reads the journal in a directory, or begins one. Returns what it says, where it ends, and the file, locked.
///
/// A torn end, left by a crash while records were appended that nobody had been promised, is cut off. Damage with valid
/// records behind it is an error: cutting there would lose what was acknowledged.
pub(super) fn recover(directory: &Path) -> Result<(Index, u64, File), OpenError> {
    let path = directory.join("journal");
    let failed = |source| OpenError::Directory {
        path: path.clone(),
        source,
    };
    let file = open_locked(&path)?;
    if file.metadata().map_err(failed)?.len() == 0 {
        begin(&file, directory).map_err(failed)?;
    }
    let (index, end) = read(&file, &path)?;
    if file.metadata().map_err(failed)?.len() > end {
        tracing::warn!(path = %path.display(), end, "cutting a torn end off the blob journal");
        file.set_len(end).and_then(|()| file.sync_all()).map_err(failed)?;
    }
    if end <= REWRITE_ABOVE || index.live_bytes() * 2 > end {
        return Ok((index, end, file));
    }
    let rewritten = rewrite(&file, &index, directory).map_err(failed)?;
    let (index, end) = read(&rewritten, &path)?;
    Ok((index, end, rewritten))
}

fn open_locked(path: &Path) -> Result<File, OpenError> {
    let failed = |source| OpenError::Directory {
        path: path.into(),
        source,
    };
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse(path.into())),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn begin(file: &File, directory: &Path) -> io::Result<()> {
    file.write_all_at(MAGIC, 0)?;
    file.sync_all()?;
    File::open(directory)?.sync_all()
}

fn read(file: &File, path: &Path) -> Result<(Index, u64), OpenError> {
    let failed = |source| OpenError::Directory {
        path: path.into(),
        source,
    };
    let mut reader = BufReader::with_capacity(1024 * 1024, At { file, offset: 0 });
    let mut magic = [0; MAGIC.len()];
    reader
        .read_exact(&mut magic)
        .map_err(|_| OpenError::Format(path.into()))?;
    if &magic != MAGIC {
        return Err(OpenError::Format(path.into()));
    }
    let mut index = Index::default();
    let mut end = MAGIC.len() as u64;
    while let Some(payload) = next_payload(&mut reader).map_err(failed)? {
        let length = payload.len() as u64;
        // A record that is whole but not understood was written by a later version: its data must not be ignored.
        let (record, content) = Record::decode(&payload).ok_or_else(|| OpenError::Format(path.into()))?;
        index.apply(&record, end + HEADER_BYTES as u64 + content as u64);
        end += HEADER_BYTES as u64 + length;
    }
    if valid_record_after(file, end).map_err(failed)? {
        return Err(OpenError::Damaged {
            path: path.into(),
            offset: end,
        });
    }
    Ok((index, end))
}

/// The next record's payload, or `None` where no valid record stands.
fn next_payload(reader: &mut impl Read) -> io::Result<Option<Bytes>> {
    let mut header = [0; HEADER_BYTES];
    if !read_fully(reader, &mut header)? {
        return Ok(None);
    }
    let (length, sum) = split(&header);
    let size = u32::from_le_bytes(length) as usize;
    if size > PAYLOAD_BYTES {
        return Ok(None);
    }
    let mut payload = vec![0; size];
    if !read_fully(reader, &mut payload)? || checksum(length, &payload) != sum {
        return Ok(None);
    }
    Ok(Some(payload.into()))
}

fn split(header: &[u8; HEADER_BYTES]) -> ([u8; 4], [u8; 8]) {
    let (mut length, mut sum) = ([0; 4], [0; 8]);
    length.copy_from_slice(&header[..4]);
    sum.copy_from_slice(&header[4..]);
    (length, sum)
}

/// `false` if the file ends first.
fn read_fully(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Does a valid record begin anywhere behind `from`? Then the journal does not just end there.
fn valid_record_after(file: &File, from: u64) -> io::Result<bool> {
    let mut tail = Vec::new();
    At { file, offset: from }.read_to_end(&mut tail)?;
    let valid_at = |start: usize| {
        let mut rest = &tail[start..];
        matches!(next_payload(&mut rest), Ok(Some(payload)) if Record::decode(&payload).is_some())
    };
    Ok((1..tail.len().saturating_sub(HEADER_BYTES)).any(valid_at))
}

/// Writes a journal with only what is wanted, and puts it in the place of the old one.
fn rewrite(old: &File, index: &Index, directory: &Path) -> io::Result<File> {
    let path = directory.join("journal.new");
    let new = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)?;
    new.try_lock().map_err(io::Error::other)?;
    let mut writer = BufWriter::with_capacity(1024 * 1024, &new);
    writer.write_all(MAGIC)?;
    let mut buffer = Vec::new();
    let mut write = |record: &Record| {
        buffer.clear();
        record.encode(&mut buffer);
        writer.write_all(&buffer)
    };
    for (digest, place) in index.places() {
        let digest = digest.clone();
        match place {
            Place::File { size } => write(&Record::File { digest, size })?,
            Place::Packed { offset, size } => {
                let mut content = vec![0; size as usize];
                old.read_exact_at(&mut content, offset)?;
                write(&Record::Packed {
                    digest,
                    content: content.into(),
                })?;
            }
        }
    }
    for (repository, kind, digest) in index.all_links() {
        write(&Record::Link {
            repository: repository.clone(),
            kind,
            digest: digest.clone(),
        })?;
    }
    writer.flush()?;
    drop(writer);
    new.sync_all()?;
    std::fs::rename(&path, directory.join("journal"))?;
    File::open(directory)?.sync_all()?;
    Ok(new)
}

/// Reads a shared file from an offset on, without moving anybody's position.
struct At<'a> {
    file: &'a File,
    offset: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}
