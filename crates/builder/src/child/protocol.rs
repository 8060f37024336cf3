use serde::{Deserialize, Serialize};

use crate::context::PackJob;
use crate::source::{Commit, FetchJob, Survey, SurveyJob, UnpackJob};

/// A job carries the content of a build's secrets and config maps, each of at most 1 MiB.
pub(super) const MAX_JOB_BYTES: u64 = 64 * 1024 * 1024;
/// The largest event carries a Dockerfile of 1 MiB, escaped.
pub(super) const MAX_EVENT_BYTES: usize = 8 * 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ChildJob {
    Fetch {
        git: Box<FetchJob>,
        survey: SurveyJob,
    },
    /// The upload follows the job on standard input.
    Unpack {
        upload: UnpackJob,
        survey: SurveyJob,
    },
    Pack(PackJob),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ChildEvent {
    Log(String),
    Fetched(Box<Fetched>),
    Packed,
    Failed(ChildFailure),
}

/// The source is in place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fetched {
    /// What a repository tells of it; nothing for anything else.
    pub commit: Commit,
    /// The time that its files get, in seconds since 1970.
    pub changed_at: u64,
    pub survey: Survey,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ChildFailure {
    pub kind: ChildFailureKind,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ChildFailureKind {
    /// The source could not be fetched or read.
    Source,
    NoContextDirectory,
    /// The child itself broke: it could not be started, or did not do its part.
    Child,
}

impl ChildFailure {
    pub fn source(message: impl Into<String>) -> Self {
        Self {
            kind: ChildFailureKind::Source,
            message: message.into(),
        }
    }

    pub fn child(message: impl Into<String>) -> Self {
        Self {
            kind: ChildFailureKind::Child,
            message: message.into(),
        }
    }
}
