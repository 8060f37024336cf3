use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use jiff::Timestamp;

use crate::{
    AttachSpec, BuildProgress, BuildSpec, Container, ContainerSpec, Credentials, DaemonInfo, EngineError, EngineEvent,
    ExecSpec, Image, ImportSpec, LogOptions, Network, NetworkSpec, OutputChunk, Session, Transfer,
};

/// Chunks of an answer that an engine gives bit by bit. Dropping the stream ends the call.
pub type EngineStream<T> = BoxStream<'static, Result<T, EngineError>>;

/// A container engine. Shared as `Arc<dyn Engine>`.
pub trait Engine: Daemon + Containers + Exec + Events + Images + Builds + Networks + 'static {}

impl<T: Daemon + Containers + Exec + Events + Images + Builds + Networks + 'static> Engine for T {}

#[async_trait]
pub trait Daemon: Send + Sync {
    /// Whether the engine answers. Cheap.
    async fn ping(&self) -> Result<(), EngineError>;

    async fn info(&self) -> Result<DaemonInfo, EngineError>;
}

/// Containers are addressed by id or by name.
#[async_trait]
pub trait Containers: Send + Sync {
    /// Makes a container without starting it, and returns its id.
    ///
    /// # Errors
    /// `Conflict` when the name is taken, `NotFound` when the image is not on this engine (nothing is pulled).
    async fn create(&self, spec: &ContainerSpec) -> Result<String, EngineError>;

    /// Starts a container; a running one is left alone.
    ///
    /// # Errors
    /// `Refused` when the command cannot be executed.
    async fn start(&self, container: &str) -> Result<(), EngineError>;

    /// Sends the stop signal, and after `grace` the kill signal. Returns when the container has ended; an ended
    /// container is left alone.
    async fn stop(&self, container: &str, grace: Duration) -> Result<(), EngineError>;

    /// Sends SIGKILL.
    ///
    /// # Errors
    /// `Conflict` when it does not run.
    async fn kill(&self, container: &str) -> Result<(), EngineError>;

    /// Removes a container with its anonymous volumes.
    ///
    /// # Errors
    /// `Conflict` when it runs and `force` is not set, `NotFound` when there is none.
    async fn remove(&self, container: &str, force: bool) -> Result<(), EngineError>;

    async fn inspect(&self, container: &str) -> Result<Container, EngineError>;

    /// All containers, ended ones too, that carry all of these labels.
    async fn list(&self, labels: &BTreeMap<String, String>) -> Result<Vec<Container>, EngineError>;

    /// What the container printed, with the time of every chunk when `options.timestamps`. One chunk is one line or
    /// less. Ends when the container has ended and all was read, or at once without `follow`.
    fn logs(&self, container: &str, options: LogOptions) -> EngineStream<OutputChunk>;

    /// Waits until the container has ended and returns its exit code.
    async fn wait(&self, container: &str) -> Result<i64, EngineError>;
}

#[async_trait]
pub trait Exec: Send + Sync {
    /// Runs a command in a running container.
    ///
    /// # Errors
    /// `Conflict` when the container does not run. A command that does not exist ends with exit code 126 or 127 or is
    /// `Refused`, as the engine prefers.
    async fn exec(&self, container: &str, spec: &ExecSpec) -> Result<Session, EngineError>;

    /// Connects to the main process of a running container. Only what is printed from now on is seen.
    async fn attach(&self, container: &str, spec: &AttachSpec) -> Result<Session, EngineError>;
}

pub trait Events: Send + Sync {
    /// What happens to containers that carry all of these labels, from `since` on. The stream ends with an error when
    /// the engine goes away. Events may be repeated: treat one as a hint to look.
    fn events(&self, labels: &BTreeMap<String, String>, since: Timestamp) -> EngineStream<EngineEvent>;
}

#[async_trait]
pub trait Images: Send + Sync {
    /// An image by reference or id.
    async fn image(&self, reference: &str) -> Result<Image, EngineError>;

    /// Images that carry all of these labels.
    async fn images(&self, labels: &BTreeMap<String, String>) -> Result<Vec<Image>, EngineError>;

    /// Fetches `repository:tag` or `repository@digest`. The last item is [`Transfer::Done`].
    ///
    /// # Errors
    /// `NotFound`, `Denied`, `Registry` or `Refused` (invalid name), with a message that names the next step.
    fn pull(&self, reference: &str, credentials: Option<&Credentials>) -> EngineStream<Transfer>;

    /// Sends a tagged image to the registry its reference names. The last item is [`Transfer::Done`] with the digest
    /// of the manifest that the registry stored.
    fn push(&self, reference: &str, credentials: Option<&Credentials>) -> EngineStream<Transfer>;

    /// Gives an image one more name.
    async fn tag(&self, image: &str, reference: &str) -> Result<(), EngineError>;

    /// Takes a name away from an image; the image goes when it was the last one and nothing uses it. With an id the
    /// image goes with all its names.
    async fn remove_image(&self, reference: &str, force: bool) -> Result<(), EngineError>;
}

#[async_trait]
pub trait Builds: Send + Sync {
    /// Builds an image from a context. Log chunks, then [`BuildProgress::Built`] with the image's id as the last item.
    /// Dropping the stream cancels the build.
    ///
    /// # Errors
    /// `Refused` when a step failed, with the engine's message.
    fn build(&self, spec: BuildSpec) -> EngineStream<BuildProgress>;

    /// Makes a one-layer image of a root file system archive and returns its id.
    async fn import(&self, spec: ImportSpec) -> Result<String, EngineError>;
}

#[async_trait]
pub trait Networks: Send + Sync {
    /// The network of this name, made if it is not there.
    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<Network, EngineError>;

    async fn network(&self, name: &str) -> Result<Network, EngineError>;

    /// Networks that carry all of these labels.
    async fn networks(&self, labels: &BTreeMap<String, String>) -> Result<Vec<Network>, EngineError>;

    /// # Errors
    /// `Conflict` while containers use it.
    async fn remove_network(&self, name: &str) -> Result<(), EngineError>;
}
