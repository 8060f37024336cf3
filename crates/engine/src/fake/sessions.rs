use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

use super::{End, FakeEngine, Script};
use crate::{
    AttachSpec, Containers, EngineError, EngineStream, Exec, ExecSpec, OutputChunk, OutputStream, Session,
    SessionControl, SessionInput,
};

/// Bytes of input a script has not read yet.
const INPUT_BUFFER: usize = 64 * 1024;

#[async_trait]
impl Exec for FakeEngine {
    async fn exec(&self, container: &str, spec: &ExecSpec) -> Result<Session, EngineError> {
        let script = {
            let mut world = self.enter("exec", &format!("{container} {}", spec.command.join(" ")))?;
            if !world.existing(container)?.state.is_running() {
                return Err(EngineError::conflict(format!("container {container} is not running")));
            }
            world.scripts.get(&spec.command).cloned().unwrap_or_default()
        };
        if let End::CannotStart { message } = script.end {
            return Err(EngineError::refused(message));
        }
        Ok(self.run(container, spec, script))
    }

    async fn attach(&self, container: &str, spec: &AttachSpec) -> Result<Session, EngineError> {
        let start = {
            let mut world = self.enter("attach", container)?;
            let record = world.existing(container)?;
            if !record.state.is_running() {
                return Err(EngineError::conflict(format!("container {container} is not running")));
            }
            record.attached_from = record.log.len();
            record.attached_from
        };
        let control = ContainerHandle {
            engine: self.clone(),
            container: container.to_owned(),
        };
        let input: Option<SessionInput> = spec.stdin.then(|| Box::pin(tokio::io::sink()) as SessionInput);
        Ok(Session {
            input,
            output: self.output_from(container, start, true, false),
            control: Box::new(control),
        })
    }
}

impl FakeEngine {
    fn run(&self, container: &str, spec: &ExecSpec, script: Script) -> Session {
        let printed = [
            (OutputStream::Stdout, &script.stdout, spec.stdout),
            (OutputStream::Stderr, &script.stderr, spec.stderr),
        ]
        .into_iter()
        .filter(|(_, text, wanted)| *wanted && !text.is_empty())
        .map(|(stream, text, _)| Ok(chunk(stream, Bytes::copy_from_slice(text.as_bytes()))))
        .collect::<Vec<_>>();
        let printed = futures::stream::iter(printed);
        let (input, rest, code): (Option<SessionInput>, EngineStream<OutputChunk>, i64) = match script.end {
            End::EchoInput { exit } if spec.stdin => {
                let (near, far) = tokio::io::duplex(INPUT_BUFFER);
                (Some(Box::pin(near)), echo(far), exit)
            }
            End::EchoInput { exit } | End::Exit(exit) => (discarded(spec), futures::stream::empty().boxed(), exit),
            End::Success | End::CannotStart { .. } => (discarded(spec), futures::stream::empty().boxed(), 0),
            End::UntilStopped { .. } => {
                let nothing = self.output_from(container, usize::MAX, true, false);
                (discarded(spec), nothing, 137)
            }
        };
        Session {
            input,
            output: printed.chain(rest).boxed(),
            control: Box::new(Exited(code)),
        }
    }
}

fn discarded(spec: &ExecSpec) -> Option<SessionInput> {
    spec.stdin.then(|| Box::pin(tokio::io::sink()) as SessionInput)
}

fn echo(mut far: tokio::io::DuplexStream) -> EngineStream<OutputChunk> {
    let (reader, mut writer) = {
        let (near, other) = tokio::io::duplex(INPUT_BUFFER);
        (near, other)
    };
    tokio::spawn(async move {
        // An input that breaks off ends the script like one that is closed.
        let _copied = tokio::io::copy(&mut far, &mut writer).await;
        let _closed = writer.shutdown().await;
    });
    ReaderStream::new(reader)
        .map(|bytes| {
            let bytes = bytes.map_err(|error| EngineError::unavailable(error.to_string()))?;
            Ok(chunk(OutputStream::Stdout, bytes))
        })
        .boxed()
}

fn chunk(stream: OutputStream, bytes: Bytes) -> OutputChunk {
    OutputChunk {
        stream,
        bytes,
        timestamp: None,
    }
}

struct Exited(i64);

#[async_trait]
impl SessionControl for Exited {
    async fn resize(&self, _columns: u16, _rows: u16) -> Result<(), EngineError> {
        Ok(())
    }

    async fn exit_code(&self) -> Result<i64, EngineError> {
        Ok(self.0)
    }
}

struct ContainerHandle {
    engine: FakeEngine,
    container: String,
}

#[async_trait]
impl SessionControl for ContainerHandle {
    async fn resize(&self, _columns: u16, _rows: u16) -> Result<(), EngineError> {
        Ok(())
    }

    async fn exit_code(&self) -> Result<i64, EngineError> {
        self.engine.wait(&self.container).await
    }
}
