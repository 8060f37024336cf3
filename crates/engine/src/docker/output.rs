use bollard::container::LogOutput;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};

use crate::{EngineStream, OutputChunk, OutputStream};

/// Chunks of a log; with `timestamps` every chunk starts with one, which is taken off.
pub(super) fn log_chunks(chunks: EngineStream<LogOutput>, timestamps: bool) -> EngineStream<OutputChunk> {
    chunks
        .map_ok(move |output| {
            let mut chunk = chunk(output);
            if timestamps {
                stamp(&mut chunk);
            }
            chunk
        })
        .boxed()
}

pub(super) fn chunk(output: LogOutput) -> OutputChunk {
    let (stream, bytes) = match output {
        LogOutput::StdErr { message } => (OutputStream::Stderr, message),
        LogOutput::StdOut { message } | LogOutput::Console { message } | LogOutput::StdIn { message } => {
            (OutputStream::Stdout, message)
        }
    };
    OutputChunk {
        stream,
        bytes,
        timestamp: None,
    }
}

fn stamp(chunk: &mut OutputChunk) {
    let Some(space) = chunk.bytes.iter().position(|byte| *byte == b' ') else {
        return;
    };
    let time = std::str::from_utf8(&chunk.bytes[..space])
        .ok()
        .and_then(|text| text.parse().ok());
    if time.is_some() {
        chunk.timestamp = time;
        chunk.bytes = Bytes::copy_from_slice(&chunk.bytes[space + 1..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamped(text: &'static str) -> OutputChunk {
        let mut chunk = OutputChunk {
            stream: OutputStream::Stdout,
            bytes: Bytes::from_static(text.as_bytes()),
            timestamp: None,
        };
        stamp(&mut chunk);
        chunk
    }

    #[test]
    fn the_time_is_taken_off_the_line() {
        let chunk = stamped("2026-11-23T11:30:00.5Z hello world\n");
        assert_eq!(chunk.bytes, "hello world\n");
        assert_eq!(chunk.timestamp.unwrap().to_string(), "2026-11-23T11:30:00.5Z");
    }

    #[test]
    fn offsets_are_understood() {
        assert!(stamped("2026-11-23T11:30:00+01:00 x\n").timestamp.is_some());
    }

    #[test]
    fn a_line_without_a_time_stays_whole() {
        assert_eq!(stamped("hello world\n").bytes, "hello world\n");
    }
}
