//! The frames of `v5.channel.k8s.io` and `v4.channel.k8s.io`: binary messages whose first byte is a channel.

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use bytes::{BufMut, Bytes, BytesMut};
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use weir_engine::{EngineError, EngineStream, OutputChunk, OutputStream, Session, SessionControl, SessionInput};

use super::answer;

/// Protocols that are spoken, the newest first. Only v5 can close a single stream.
pub(super) const PROTOCOLS: [&str; 2] = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
/// Largest message of a client; theirs are of 32 KiB.
pub(super) const MAX_MESSAGE: usize = 1 << 20;

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const ERROR: u8 = 3;
const RESIZE: u8 = 4;
const CLOSE: u8 = 255;

/// What the end of a session means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndsWith {
    /// The command's exit code.
    ExitCode,
    /// Nothing: somebody only looked on.
    Success,
}

/// Carries a session over the socket until it has ended, and says how. When the client goes the process goes on.
pub(super) async fn carry(socket: WebSocket, session: Result<Session, EngineError>, ends_with: EndsWith) {
    let (mut sink, stream) = socket.split();
    let outcome = match session {
        Ok(Session { input, output, control }) => {
            let ended = tokio::select! {
                ended = speak(&mut sink, output) => ended,
                () = listen(stream, input, control.as_ref()) => return,
            };
            match ended {
                Ok(()) if ends_with == EndsWith::ExitCode => control.exit_code().await.map(answer::exit),
                Ok(()) => Ok(answer::success()),
                Err(Broken::Engine(error)) => Err(error),
                Err(Broken::Client) => return,
            }
        }
        Err(error) => Err(error),
    };
    let status = outcome.unwrap_or_else(|error| answer::Failure::from(error).status());
    say_goodbye(&mut sink, &status).await;
}

enum Broken {
    Engine(EngineError),
    Client,
}

/// Output to the client, until the process has ended.
async fn speak(sink: &mut SplitSink<WebSocket, Message>, mut output: EngineStream<OutputChunk>) -> Result<(), Broken> {
    while let Some(chunk) = output.next().await {
        let chunk = chunk.map_err(Broken::Engine)?;
        let channel = match chunk.stream {
            OutputStream::Stdout => STDOUT,
            OutputStream::Stderr => STDERR,
        };
        sink.send(frame(channel, &chunk.bytes))
            .await
            .map_err(|_| Broken::Client)?;
    }
    Ok(())
}

/// Input from the client, until it goes.
async fn listen(mut stream: SplitStream<WebSocket>, mut input: Option<SessionInput>, control: &dyn SessionControl) {
    while let Some(Ok(message)) = stream.next().await {
        let bytes = match message {
            Message::Binary(bytes) => bytes,
            Message::Close(_) => return,
            Message::Text(_) | Message::Ping(_) | Message::Pong(_) => continue,
        };
        match understand(&bytes) {
            Said::Input(bytes) => {
                // A process that reads no more is no reason to end: its output is still wanted.
                if let Some(open) = &mut input
                    && (open.write_all(&bytes).await.is_err() || open.flush().await.is_err())
                {
                    input = None;
                }
            }
            Said::EndOfInput => {
                if let Some(mut open) = input.take()
                    && let Err(error) = open.shutdown().await
                {
                    tracing::debug!(%error, "the input was closed already");
                }
            }
            Said::Resize { columns, rows } => {
                if let Err(error) = control.resize(columns, rows).await {
                    tracing::debug!(%error, "cannot resize a terminal");
                }
            }
            Said::Nothing => {}
        }
    }
}

async fn say_goodbye(sink: &mut SplitSink<WebSocket, Message>, status: &Value) {
    let close = CloseFrame {
        code: close_code::NORMAL,
        reason: "".into(),
    };
    let told = async {
        sink.send(frame(ERROR, status.to_string().as_bytes())).await?;
        sink.send(Message::Close(Some(close))).await
    };
    if let Err(error) = told.await {
        tracing::debug!(%error, "the client did not wait for the end");
    }
}

fn frame(channel: u8, payload: &[u8]) -> Message {
    let mut bytes = BytesMut::with_capacity(payload.len() + 1);
    bytes.put_u8(channel);
    bytes.put_slice(payload);
    Message::Binary(bytes.freeze())
}

/// What a client said.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Input(Bytes),
    EndOfInput,
    Resize { columns: u16, rows: u16 },
    Nothing,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Size {
    width: u16,
    height: u16,
}

fn understand(message: &Bytes) -> Said {
    match message.first().copied() {
        Some(STDIN) => Said::Input(message.slice(1..)),
        Some(CLOSE) if message.get(1) == Some(&STDIN) => Said::EndOfInput,
        Some(RESIZE) => match serde_json::from_slice::<Size>(&message[1..]) {
            Ok(Size { width, height }) => Said::Resize {
                columns: width,
                rows: height,
            },
            Err(_) => Said::Nothing,
        },
        _ => Said::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart_by_their_first_byte() {
        for (message, expected) in [
            (&b"\0hello"[..], Said::Input(Bytes::from_static(b"hello"))),
            (b"\0", Said::Input(Bytes::new())),
            (b"\xff\0", Said::EndOfInput),
            (b"\xff\x01", Said::Nothing),
            (
                b"\x04{\"Width\":80,\"Height\":25}",
                Said::Resize { columns: 80, rows: 25 },
            ),
            (b"\x04nonsense", Said::Nothing),
            (b"\x01out", Said::Nothing),
            (b"", Said::Nothing),
        ] {
            assert_eq!(understand(&Bytes::copy_from_slice(message)), expected, "{message:?}");
        }
    }
}
