use std::pin::Pin;

use async_trait::async_trait;
use tokio::io::AsyncWrite;

use crate::{EngineError, EngineStream, OutputChunk};

/// A command to run in a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecSpec {
    pub command: Vec<String>,
    pub stdin: bool,
    pub stdout: bool,
    pub stderr: bool,
    /// One terminal instead of three pipes; all output then counts as standard output.
    pub tty: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttachSpec {
    pub stdin: bool,
    pub stdout: bool,
    pub stderr: bool,
    /// As the container was made.
    pub tty: bool,
}

/// Standard input of a process. Shutting it down closes the process's input and nothing else.
pub type SessionInput = Pin<Box<dyn AsyncWrite + Send>>;

/// A running exec or attach. The output ends when the process has ended.
pub struct Session {
    /// Present when input was asked for. Dropping it closes the input.
    pub input: Option<SessionInput>,
    pub output: EngineStream<OutputChunk>,
    pub control: Box<dyn SessionControl>,
}

#[async_trait]
pub trait SessionControl: Send + Sync {
    /// Tells the terminal its new size. A session that has ended is left alone.
    async fn resize(&self, columns: u16, rows: u16) -> Result<(), EngineError>;

    /// The exit code, when the output has ended.
    async fn exit_code(&self) -> Result<i64, EngineError>;
}
