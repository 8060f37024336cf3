//! The container engine as Weir needs it: small role traits ([`Daemon`], [`Containers`], [`Exec`], [`Events`],
//! [`Images`], [`Builds`], [`Networks`]), together [`Engine`], with an adapter for the Docker-compatible Engine API of
//! Docker and Podman and a scripted engine in memory, judged by one contract suite.
//!
//! ```text
//! agent, builder -> Arc<dyn Engine> -> docker (Engine API over a socket: Docker, Podman)
//!                                   -> fake   (in memory, scripted)
//! find: which engine is there? --engine, DOCKER_HOST, the usual sockets, `podman system service` as a child
//! ```
//!
//! The port has no word for privileged containers, host namespaces or device access: what cannot be said cannot be asked.

mod error;
pub use error::EngineError;

mod port;
pub use port::{Builds, Containers, Daemon, Engine, EngineStream, Events, Exec, Images, Networks};

mod container;
pub use container::{
    BindMount, Container, ContainerSpec, ContainerState, NetworkMode, PublishedPort, Resources, RunState, TmpfsMount,
    Transport,
};

mod output;
pub use output::{LogOptions, OutputChunk, OutputStream};

mod session;
pub use session::{AttachSpec, ExecSpec, Session, SessionControl, SessionInput};

mod image;
pub use image::{
    BuildProgress, BuildSpec, ByteStream, Credentials, Image, ImageConfig, ImportSpec, Transfer, TransferProgress,
};

mod network;
pub use network::{Network, NetworkSpec};

mod event;
pub use event::{EngineEvent, EventAction};

mod daemon;
pub use daemon::{DaemonInfo, EngineKind};

mod limits;

pub mod bridge;

pub mod docker;
pub use docker::{DockerEngine, Endpoint};

pub mod fake;

pub mod find;

mod late;
pub use late::LateEngine;
