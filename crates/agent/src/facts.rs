//! What an agent knows of a pod beyond the API and the engine. It is forgotten when the agent ends, and may be.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

/// Everything is in steps of one pod's worker, so nothing here is shared.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    /// Container name to why its last start failed.
    pub failures: BTreeMap<String, Failure>,
    /// Containers whose image is on its way.
    pub pulling: BTreeSet<String>,
    /// Instance id to when it is killed at the latest.
    pub stopping: BTreeMap<String, Timestamp>,
    /// Instance id to what its probes say. An instance without probes is not in here.
    pub health: BTreeMap<String, Health>,
    /// Instance id to its postStart hook: one that has ended well is not in here.
    pub post_start: BTreeMap<String, PostStart>,
    /// Why nothing can be done for any pod at the moment.
    pub obstacle: Option<Obstacle>,
}

/// The engine is missing or away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Obstacle {
    pub message: String,
}

impl Obstacle {
    pub const REASON: &'static str = "ContainerEngineUnavailable";
}

/// A container could not be started.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    pub reason: FailureReason,
    pub message: String,
    /// How often in a row.
    pub count: u32,
    pub at: Timestamp,
    /// The image it was tried with: another one is tried at once.
    pub image: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureReason {
    InvalidImageName,
    ImageNeverPull,
    ImagePull,
    CreateContainerConfig,
    CreateContainer,
    RunContainer,
}

impl FailureReason {
    /// The reason that `get pods` shows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidImageName => "InvalidImageName",
            Self::ImageNeverPull => "ErrImageNeverPull",
            Self::ImagePull => "ErrImagePull",
            Self::CreateContainerConfig => "CreateContainerConfigError",
            Self::CreateContainer => "CreateContainerError",
            Self::RunContainer => "RunContainerError",
        }
    }
}

/// First pause after a failure; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// A missing Secret or image may come at any time, so the longest pause is short.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl Failure {
    pub fn next_try(&self) -> Timestamp {
        let pause = FIRST_PAUSE
            .saturating_mul(1 << self.count.saturating_sub(1).min(10))
            .min(LONGEST_PAUSE);
        self.at.saturating_add(pause).unwrap_or(Timestamp::MAX)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PostStart {
    /// Until it ends, the container counts as not started.
    UnderWay,
    Failed,
}

/// What the probes of a running instance say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Health {
    /// The startup probe has succeeded, or there is none.
    pub started: bool,
    pub ready: bool,
    /// The liveness or startup probe gave up.
    pub unhealthy: Option<Unhealthy>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unhealthy {
    /// Which probe.
    pub probe: &'static str,
    /// The probe's own grace period.
    pub grace: Option<Duration>,
}
