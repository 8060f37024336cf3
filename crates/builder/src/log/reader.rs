use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::sync::watch;

use super::line::parse;
use super::store::Position;
use super::{LogError, LogOptions, LogStore, PodKey};

/// What is read at once, and the unit in which a follower is told.
const CHUNK_BYTES: usize = 64 * 1024;

impl LogStore {
    /// Reads a log from disk as it is asked for; a slow reader keeps nothing in memory.
    pub fn read(
        &self,
        pod: &PodKey,
        container: &str,
        options: &LogOptions,
    ) -> Result<BoxStream<'static, io::Result<Bytes>>, LogError> {
        let missing = || LogError::Missing {
            pod: pod.clone(),
            container: container.to_owned(),
        };
        let (path, position) = self.source(pod, container).ok_or_else(missing)?;
        let end = position.borrow().bytes;
        let start = match options.tail {
            Some(lines) => tail_start(&path, end, lines).map_err(|source| LogError::Io {
                pod: pod.clone(),
                source,
            })?,
            None => 0,
        };
        let cursor = Cursor {
            path,
            file: None,
            at: start,
            position,
            options: options.clone(),
            partial: Vec::new(),
            left: options.limit.unwrap_or(u64::MAX),
        };
        Ok(futures::stream::try_unfold(cursor, |mut cursor| async move {
            Ok(cursor.next().await?.map(|chunk| (chunk, cursor)))
        })
        .boxed())
    }
}

struct Cursor {
    path: std::path::PathBuf,
    file: Option<tokio::fs::File>,
    at: u64,
    position: watch::Receiver<Position>,
    options: LogOptions,
    /// A line of which the end was not read yet.
    partial: Vec<u8>,
    left: u64,
}

impl Cursor {
    /// The next bytes for the reader; `None` at the end.
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            if self.left == 0 {
                return Ok(None);
            }
            let position = *self.position.borrow_and_update();
            if self.at < position.bytes {
                let chunk = self.chunk(position.bytes).await?;
                let text = self.render(&chunk, false);
                if !text.is_empty() {
                    return Ok(Some(text));
                }
                continue;
            }
            let waits = self.options.follow && !position.ended && self.position.changed().await.is_ok();
            if !waits {
                let text = self.render(&[], true);
                return Ok((!text.is_empty()).then_some(text));
            }
        }
    }

    async fn chunk(&mut self, end: u64) -> io::Result<Vec<u8>> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let mut file = tokio::fs::File::open(&self.path).await?;
                file.seek(SeekFrom::Start(self.at)).await?;
                self.file.insert(file)
            }
        };
        let wanted = usize::try_from(end - self.at).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        let mut chunk = vec![0; wanted];
        let count = file.read(&mut chunk).await?;
        if count == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the log was cut while it was read",
            ));
        }
        chunk.truncate(count);
        self.at += count as u64;
        Ok(chunk)
    }

    /// The lines that are complete now, as the reader wants them.
    fn render(&mut self, chunk: &[u8], last: bool) -> Bytes {
        self.partial.extend_from_slice(chunk);
        let complete = if last {
            self.partial.len()
        } else {
            self.partial.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1)
        };
        let lines: Vec<u8> = self.partial.drain(..complete).collect();
        let mut text = String::new();
        for stored in String::from_utf8_lossy(&lines).lines() {
            let (time, line) = parse(stored);
            if self
                .options
                .since
                .is_some_and(|since| time.is_some_and(|time| time < since))
            {
                continue;
            }
            text.push_str(if self.options.timestamps { stored } else { line });
            text.push('\n');
        }
        let mut bytes = text.into_bytes();
        bytes.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= bytes.len() as u64;
        bytes.into()
    }
}

/// Where the last `lines` lines begin.
fn tail_start(path: &Path, end: u64, lines: u64) -> io::Result<u64> {
    if lines == 0 || end == 0 {
        return Ok(end);
    }
    let mut file = File::open(path)?;
    let mut seen = 0;
    let mut at = end;
    while at > 0 {
        let size = at.min(CHUNK_BYTES as u64);
        let mut chunk = vec![0; size as usize];
        file.seek(SeekFrom::Start(at - size))?;
        file.read_exact(&mut chunk)?;
        for (index, _) in chunk.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
            let after = at - size + index as u64 + 1;
            // The line end of the very last line begins no line.
            if after != end {
                seen += 1;
                if seen == lines {
                    return Ok(after);
                }
            }
        }
        at -= size;
    }
    Ok(0)
}

/// The text of the last lines of a finished log, at most so many bytes.
pub(super) fn tail(path: &Path, lines: usize, bytes: usize) -> io::Result<String> {
    let end = std::fs::metadata(path)?.len();
    let start = tail_start(path, end, lines as u64)?;
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    let mut stored = Vec::new();
    file.take(end - start).read_to_end(&mut stored)?;
    let stored = String::from_utf8_lossy(&stored);
    let mut kept: Vec<&str> = Vec::new();
    let mut size = 0;
    for line in stored.lines().rev().map(|line| parse(line).1) {
        size += line.len() + 1;
        if size > bytes {
            break;
        }
        kept.push(line);
    }
    kept.reverse();
    Ok(kept.join("\n"))
}
