//! An engine in memory for tests: containers are states, processes are scripts, registries are a table.
//!
//! It passes the same contract suite as the real engines. What a "process" does is looked up by its command line in
//! the scripts that a test has given ([`FakeEngine::script`]); an unknown command runs until it is stopped.

mod builds;
mod containers;
mod dockerfile;
mod events;
mod images;
mod networks;
mod sessions;
mod world;

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::{broadcast, watch};

use crate::{Daemon, DaemonInfo, EngineError, EngineEvent, EngineKind, Image};
use world::World;

/// Events a test may be late by before its stream breaks off.
const EVENTS_KEPT: usize = 1024;

/// What a process prints and how it ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    pub stdout: String,
    pub stderr: String,
    pub end: End,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// Runs until it gets a signal; exits with `on_stop` when it is asked to stop, and is killed when that is `None`.
    UntilStopped { on_stop: Option<i64> },
    /// Ends by itself at once.
    #[default]
    Success,
    /// Ends by itself at once with this code.
    Exit(i64),
    /// Prints what it reads, and ends with this code when its input is closed.
    EchoInput { exit: i64 },
    /// Cannot be executed.
    CannotStart { message: String },
}

/// The engine, and the strings to pull on it. Clones share everything.
#[derive(Clone)]
pub struct FakeEngine {
    world: Arc<Mutex<World>>,
    events: broadcast::Sender<EngineEvent>,
    /// Counts changes of the world, so that waiting calls know when to look again.
    version: watch::Sender<u64>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Default for FakeEngine {
    fn default() -> Self {
        Self::with_clock(Timestamp::now)
    }
}

impl FakeEngine {
    pub fn new() -> Self {
        Self::default()
    }

    /// An engine on whose machine it is what the test says it is.
    pub fn with_clock(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self {
            world: Arc::new(Mutex::new(World::default())),
            events: broadcast::channel(EVENTS_KEPT).0,
            version: watch::channel(0).0,
            clock: Arc::new(clock),
        }
    }

    /// From now on a process with this command line behaves so, in containers, execs and build steps.
    pub fn script(&self, command: &[&str], script: Script) {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        self.lock().scripts.insert(command, script);
    }

    /// Puts an image on the engine, under its tags and digests. An empty id is filled in.
    pub fn add_image(&self, image: Image) -> Image {
        self.lock().store_image(image)
    }

    /// Puts an image into a registry, to be pulled under this reference.
    pub fn publish(&self, reference: &str, image: Image) {
        self.lock().publish(reference, image);
    }

    /// Pulls and pushes of this reference fail so, until [`FakeEngine::accept`].
    pub fn reject(&self, reference: &str, error: EngineError) {
        self.lock().rejections.insert(reference.to_owned(), error);
    }

    pub fn accept(&self, reference: &str) {
        self.lock().rejections.remove(reference);
    }

    /// The next call of this name (as in [`FakeEngine::calls`]) fails so.
    pub fn fail_next(&self, call: &str, error: EngineError) {
        self.lock().failures.push((call.to_owned(), error));
    }

    /// The engine goes away, or comes back. Containers go on "running".
    pub fn set_away(&self, away: bool) {
        self.lock().away = away;
        self.bump();
    }

    /// A process ends by itself.
    pub fn exit(&self, container: &str, code: i64) {
        self.end(container, code);
    }

    /// A process prints something.
    pub fn print(&self, container: &str, text: &str) {
        let now = (self.clock)();
        if let Some(record) = self.lock().find_mut(container) {
            record.print(crate::OutputStream::Stdout, text, now);
        }
        self.bump();
    }

    /// Every call so far, as `verb argument`, without pings and streams of events.
    pub fn calls(&self) -> Vec<String> {
        self.lock().calls.clone()
    }

    pub fn forget_calls(&self) {
        self.lock().calls.clear();
    }

    /// The specs of all containers there are, by name.
    pub fn specs(&self) -> Vec<crate::ContainerSpec> {
        self.lock()
            .containers
            .values()
            .map(|record| record.spec.clone())
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn bump(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    /// Every call starts here: it is noted, and fails if it is meant to.
    fn enter(&self, verb: &str, argument: &str) -> Result<MutexGuard<'_, World>, EngineError> {
        let mut world = self.lock();
        world.calls.push(format!("{verb} {argument}").trim_end().to_owned());
        if world.away {
            return Err(away());
        }
        if let Some(index) = world.failures.iter().position(|(call, _)| call == verb) {
            return Err(world.failures.remove(index).1);
        }
        Ok(world)
    }
}

fn away() -> EngineError {
    EngineError::unavailable("the container engine does not answer: connection refused")
}

#[async_trait]
impl Daemon for FakeEngine {
    async fn ping(&self) -> Result<(), EngineError> {
        if self.lock().away { Err(away()) } else { Ok(()) }
    }

    async fn info(&self) -> Result<DaemonInfo, EngineError> {
        self.ping().await?;
        Ok(DaemonInfo {
            kind: EngineKind::Podman,
            version: "0.0.0".to_owned(),
            api_version: "1.41".to_owned(),
            operating_system: "fake".to_owned(),
            kernel: "0".to_owned(),
            architecture: "amd64".to_owned(),
            cpus: 2,
            memory_bytes: 1 << 30,
        })
    }
}
