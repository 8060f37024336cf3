use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::line::{MAX_LINE_BYTES, pieces, stored};
use super::store::{Clock, Position};

/// A log on disk does not grow beyond this.
const MAX_LOG_BYTES: u64 = 64 * 1024 * 1024;
/// Kept free of a build's output for the builder's own lines, which say how it ended.
const RESERVED_BYTES: u64 = 256 * 1024;
const TRUNCATED: &str = "[this log is longer than 64 MiB: output is left out from here on]";

/// Appends to the log of one container. Clones write to the same log.
#[derive(Clone)]
pub(crate) struct LogWriter {
    shared: Arc<Mutex<Inner>>,
}

struct Inner {
    file: File,
    clock: Clock,
    position: Arc<watch::Sender<Position>>,
    bytes: u64,
    /// Begun by output that has no line end yet.
    partial: String,
    truncated: bool,
    broken: bool,
    limit: u64,
}

impl LogWriter {
    pub(super) fn open(path: &Path, clock: Clock, position: Arc<watch::Sender<Position>>) -> io::Result<Self> {
        Self::with_limit(path, clock, position, MAX_LOG_BYTES)
    }

    fn with_limit(path: &Path, clock: Clock, position: Arc<watch::Sender<Position>>, limit: u64) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let bytes = file.metadata()?.len();
        let inner = Inner {
            file,
            clock,
            position,
            bytes,
            partial: String::new(),
            truncated: false,
            broken: false,
            limit,
        };
        Ok(Self {
            shared: Arc::new(Mutex::new(inner)),
        })
    }

    /// A line of the builder itself.
    pub fn line(&self, text: &str) {
        self.with(|inner| {
            inner.flush_partial();
            for line in text.split('\n') {
                inner.append(line, 0);
            }
        });
    }

    /// Output of a build, in chunks that may end anywhere.
    pub fn output(&self, chunk: &str) {
        self.with(|inner| {
            let mut rest = chunk;
            while let Some((line, after)) = rest.split_once('\n') {
                inner.partial.push_str(line);
                inner.flush_partial_or_empty();
                rest = after;
            }
            inner.partial.push_str(rest);
            if inner.partial.len() >= MAX_LINE_BYTES {
                inner.flush_partial();
            }
        });
    }

    /// Writes what output has begun without a line end.
    pub fn flush(&self) {
        self.with(Inner::flush_partial);
    }

    fn with(&self, write: impl FnOnce(&mut Inner)) {
        let mut inner = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        write(&mut inner);
        let bytes = inner.bytes;
        inner.position.send_if_modified(|position| {
            let grew = position.bytes != bytes;
            position.bytes = bytes;
            grew
        });
    }
}

impl Inner {
    fn flush_partial(&mut self) {
        if !self.partial.is_empty() {
            self.flush_partial_or_empty();
        }
    }

    fn flush_partial_or_empty(&mut self) {
        let line = std::mem::take(&mut self.partial);
        // Progress bars return to the start of the line: what was there last counts.
        let line = line.trim_end_matches('\r');
        let line = line.rsplit('\r').next().unwrap_or(line);
        self.append(line, RESERVED_BYTES);
    }

    /// Appends one line unless that would leave fewer than `reserve` bytes free.
    fn append(&mut self, text: &str, reserve: u64) {
        for piece in pieces(text) {
            let line = stored((self.clock)(), piece);
            if self.bytes + line.len() as u64 + reserve > self.limit {
                if !std::mem::replace(&mut self.truncated, true) {
                    let mark = stored((self.clock)(), TRUNCATED);
                    self.write(&mark);
                }
                return;
            }
            self.write(&line);
        }
    }

    fn write(&mut self, line: &str) {
        match self.file.write_all(line.as_bytes()) {
            Ok(()) => self.bytes += line.len() as u64,
            // A full disk must not end a build that only wanted to tell something; the gap is told once.
            Err(error) if !self.broken => {
                self.broken = true;
                tracing::warn!(%error, "cannot write to the log of a build; lines are lost");
            }
            Err(_) => {}
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.flush_partial();
        let bytes = self.bytes;
        self.position.send_modify(|position| position.bytes = bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(limit: u64) -> (tempfile::TempDir, LogWriter, watch::Receiver<Position>) {
        let directory = tempfile::tempdir().unwrap();
        let clock: Clock = Arc::new(|| "2026-11-23T10:00:00Z".parse().unwrap());
        let position = Arc::new(watch::Sender::new(Position::default()));
        let reader = position.subscribe();
        let writer = LogWriter::with_limit(&directory.path().join("x.log"), clock, position, limit).unwrap();
        (directory, writer, reader)
    }

    fn texts(directory: &tempfile::TempDir) -> Vec<String> {
        let text = std::fs::read_to_string(directory.path().join("x.log")).unwrap();
        text.lines()
            .map(|line| super::super::line::parse(line).1.to_owned())
            .collect()
    }

    #[test]
    fn chunks_become_lines() {
        let (directory, writer, _) = writer(MAX_LOG_BYTES);
        for chunk in ["STEP 1", "/2\nSTEP 2/2", "\n\nhalf", " done 10%\r done 20%\rdone"] {
            writer.output(chunk);
        }
        writer.line("\nPushing image x ...");
        writer.output("unfinished");
        drop(writer);
        assert_eq!(
            texts(&directory),
            [
                "STEP 1/2",
                "STEP 2/2",
                "",
                "done",
                "",
                "Pushing image x ...",
                "unfinished"
            ]
        );
    }

    #[test]
    fn output_is_cut_off_with_a_mark_and_own_lines_still_come() {
        let (directory, writer, reader) = writer(RESERVED_BYTES + 4096);
        for _ in 0..1000 {
            writer.output(&format!("{}\n", "x".repeat(100)));
        }
        writer.line("error: build error");
        let texts = texts(&directory);
        assert_eq!(texts.iter().filter(|text| *text == TRUNCATED).count(), 1);
        assert_eq!(texts.last().unwrap(), "error: build error");
        let size = std::fs::metadata(directory.path().join("x.log")).unwrap().len();
        assert!(size < 8192, "{size}");
        assert_eq!(reader.borrow().bytes, size);
    }

    #[test]
    fn output_without_line_ends_does_not_fill_the_memory() {
        let (_directory, writer, reader) = writer(MAX_LOG_BYTES);
        for _ in 0..100 {
            writer.output(&"y".repeat(1024));
        }
        assert!(reader.borrow().bytes >= 96 * 1024);
    }
}
