//! The frames of `v4.channel.k8s.io` and `v5.channel.k8s.io`: binary WebSocket messages whose first byte is a channel.

use axum::extract::ws::Message;
use bytes::{BufMut, Bytes, BytesMut};
use serde_json::{Value, json};
use weir_engine::OutputStream;

/// Sub-protocols, the preferred first. Version 5 adds the closing of single streams.
pub(super) const PROTOCOLS: [&str; 2] = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const ERROR: u8 = 3;
const RESIZE: u8 = 4;
const CLOSE: u8 = 255;

/// What a client says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Inbound {
    Input(Bytes),
    InputEnds,
    Resize {
        columns: u16,
        rows: u16,
    },
    /// The client leaves.
    Gone,
    /// Empty frames, and channels a client has no business to write to.
    Nothing,
}

pub(super) fn read(message: Message) -> Inbound {
    let frame = match message {
        Message::Binary(frame) => frame,
        Message::Close(_) => return Inbound::Gone,
        Message::Text(_) | Message::Ping(_) | Message::Pong(_) => return Inbound::Nothing,
    };
    match frame.first() {
        Some(&STDIN) if frame.len() > 1 => Inbound::Input(frame.slice(1..)),
        Some(&RESIZE) => resize(&frame[1..]),
        Some(&CLOSE) if frame.get(1) == Some(&STDIN) => Inbound::InputEnds,
        _ => Inbound::Nothing,
    }
}

fn resize(payload: &[u8]) -> Inbound {
    let size: Value = serde_json::from_slice(payload).unwrap_or_default();
    let side = |name: &str| size[name].as_u64().and_then(|side| u16::try_from(side).ok());
    match (side("Width"), side("Height")) {
        (Some(columns), Some(rows)) => Inbound::Resize { columns, rows },
        _ => Inbound::Nothing,
    }
}

pub(super) fn output(stream: OutputStream, bytes: &[u8]) -> Message {
    let channel = match stream {
        OutputStream::Stdout => STDOUT,
        OutputStream::Stderr => STDERR,
    };
    frame(channel, bytes)
}

/// The last word: how the command ended.
pub(super) fn exit(code: i64) -> Message {
    match code {
        0 => status(&json!({ "metadata": {}, "status": "Success" })),
        code => status(&json!({
            "metadata": {},
            "status": "Failure",
            "reason": "NonZeroExitCode",
            "message": format!("command terminated with non-zero exit code: exit code {code}"),
            "details": { "causes": [{ "reason": "ExitCode", "message": code.to_string() }] },
        })),
    }
}

/// The last word when there is no exit code.
pub(super) fn failure(message: &str) -> Message {
    status(&json!({
        "metadata": {},
        "status": "Failure",
        "reason": "InternalError",
        "message": message,
        "code": 500,
    }))
}

fn status(status: &Value) -> Message {
    frame(ERROR, status.to_string().as_bytes())
}

fn frame(channel: u8, payload: &[u8]) -> Message {
    let mut bytes = BytesMut::with_capacity(payload.len() + 1);
    bytes.put_u8(channel);
    bytes.extend_from_slice(payload);
    Message::Binary(bytes.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(bytes: &'static [u8]) -> Message {
        Message::Binary(Bytes::from_static(bytes))
    }

    #[test]
    fn frames_of_clients_are_understood() {
        assert_eq!(read(binary(b"\x00hello")), Inbound::Input(Bytes::from_static(b"hello")));
        assert_eq!(read(binary(b"\xff\x00")), Inbound::InputEnds);
        assert_eq!(
            read(binary(b"\x04{\"Width\":80,\"Height\":24}")),
            Inbound::Resize { columns: 80, rows: 24 }
        );
        assert_eq!(read(Message::Close(None)), Inbound::Gone);
    }

    #[test]
    fn nonsense_of_clients_is_ignored() {
        for bytes in [
            &b""[..],
            b"\x00",
            b"\x01x",
            b"\x04{",
            b"\x04{\"Width\":70000,\"Height\":1}",
            b"\xff\x02",
        ] {
            assert_eq!(
                read(Message::Binary(Bytes::from_static(bytes))),
                Inbound::Nothing,
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn exit_code_is_told_as_a_status_with_a_cause() {
        let Message::Binary(frame) = exit(3) else {
            panic!("binary")
        };
        let status: Value = serde_json::from_slice(&frame[1..]).expect("JSON");
        assert_eq!(frame[0], 3);
        assert_eq!(
            status["details"]["causes"][0],
            json!({ "reason": "ExitCode", "message": "3" })
        );
    }
}
