use std::time::Duration;

use async_trait::async_trait;
use bollard::Docker;
use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, ResizeExecOptions, StartExecOptions, StartExecResults};
use bollard::query_parameters::{AttachContainerOptionsBuilder, ResizeContainerTTYOptionsBuilder};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};

use super::{DockerEngine, output};
use crate::{
    AttachSpec, Containers, EngineError, EngineStream, Exec, ExecSpec, OutputChunk, OutputStream, Session,
    SessionControl,
};

/// How often, and how long apart, an exec that printed its last byte is asked for its exit code. Engines close the
/// output a moment before they note the code, and have no call that waits for it.
const EXIT_CODE_ATTEMPTS: u32 = 200;
const EXIT_CODE_PAUSE: Duration = Duration::from_millis(10);
/// Bytes of output taken from the engine at once.
const OUTPUT_BUFFER: usize = 32 * 1024;

#[async_trait]
impl Exec for DockerEngine {
    async fn exec(&self, container: &str, spec: &ExecSpec) -> Result<Session, EngineError> {
        let client = self.client().await?;
        let options = CreateExecOptions {
            attach_stdin: Some(spec.stdin),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            tty: Some(spec.tty),
            cmd: Some(spec.command.clone()),
            ..Default::default()
        };
        let exec = client
            .create_exec(container, options)
            .await
            .map_err(|error| self.explain(error))?;
        let start = StartExecOptions {
            detach: false,
            tty: spec.tty,
            output_capacity: Some(OUTPUT_BUFFER),
        };
        let started = client
            .start_exec(&exec.id, Some(start))
            .await
            .map_err(|error| self.explain(error))?;
        let StartExecResults::Attached { output, input } = started else {
            return Err(EngineError::Failed {
                message: "the engine ran the command without its output".to_owned(),
            });
        };
        Ok(Session {
            input: spec.stdin.then_some(input),
            output: self.wanted(output, spec.stdout || spec.tty, spec.stderr),
            control: Box::new(ExecHandle {
                engine: self.clone(),
                client,
                id: exec.id,
                tty: spec.tty,
            }),
        })
    }

    async fn attach(&self, container: &str, spec: &AttachSpec) -> Result<Session, EngineError> {
        let client = self.client().await?;
        if !self.inspect(container).await?.state.is_running() {
            return Err(EngineError::conflict(format!("container {container} is not running")));
        }
        let options = AttachContainerOptionsBuilder::default()
            .stream(true)
            .stdin(spec.stdin)
            .stdout(spec.stdout || spec.tty)
            .stderr(spec.stderr && !spec.tty)
            .build();
        let attached = client
            .attach_container(container, Some(options))
            .await
            .map_err(|error| self.explain(error))?;
        Ok(Session {
            input: spec.stdin.then_some(attached.input),
            output: self.wanted(attached.output, true, true),
            control: Box::new(AttachHandle {
                engine: self.clone(),
                client,
                container: container.to_owned(),
            }),
        })
    }
}

impl DockerEngine {
    /// Podman 4 wants both outputs of an exec attached, so what was not asked for is dropped here.
    fn wanted(
        &self,
        output: BoxStream<'static, Result<LogOutput, bollard::errors::Error>>,
        stdout: bool,
        stderr: bool,
    ) -> EngineStream<OutputChunk> {
        let engine = self.clone();
        output
            .map_ok(output::chunk)
            .map_err(move |error| engine.explain(error))
            .try_filter(move |chunk| {
                futures::future::ready(match chunk.stream {
                    OutputStream::Stdout => stdout,
                    OutputStream::Stderr => stderr,
                })
            })
            .boxed()
    }
}

struct ExecHandle {
    engine: DockerEngine,
    client: Docker,
    id: String,
    tty: bool,
}

#[async_trait]
impl SessionControl for ExecHandle {
    async fn resize(&self, columns: u16, rows: u16) -> Result<(), EngineError> {
        if !self.tty {
            return Ok(());
        }
        let size = ResizeExecOptions {
            height: rows,
            width: columns,
        };
        match self.client.resize_exec(&self.id, size).await {
            Ok(()) => Ok(()),
            // Podman answers 500 when the command has ended meanwhile.
            Err(error) => match self.engine.explain(error) {
                gone @ EngineError::Unavailable { .. } => Err(gone),
                _ => Ok(()),
            },
        }
    }

    async fn exit_code(&self) -> Result<i64, EngineError> {
        for _ in 0..EXIT_CODE_ATTEMPTS {
            let exec = self
                .client
                .inspect_exec(&self.id)
                .await
                .map_err(|error| self.engine.explain(error))?;
            match exec.exit_code {
                Some(code) if exec.running != Some(true) => return Ok(code),
                _ => tokio::time::sleep(EXIT_CODE_PAUSE).await,
            }
        }
        Err(EngineError::Failed {
            message: "the engine closed the command's output but still calls it running".to_owned(),
        })
    }
}

struct AttachHandle {
    engine: DockerEngine,
    client: Docker,
    container: String,
}

#[async_trait]
impl SessionControl for AttachHandle {
    async fn resize(&self, columns: u16, rows: u16) -> Result<(), EngineError> {
        let size = ResizeContainerTTYOptionsBuilder::default()
            .h(i32::from(rows))
            .w(i32::from(columns))
            .build();
        match self.client.resize_container_tty(&self.container, size).await {
            Ok(()) => Ok(()),
            Err(error) => match self.engine.explain(error) {
                gone @ EngineError::Unavailable { .. } => Err(gone),
                _ => Ok(()),
            },
        }
    }

    async fn exit_code(&self) -> Result<i64, EngineError> {
        self.engine.wait(&self.container).await
    }
}
