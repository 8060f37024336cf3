use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use weir_api::image::{ImageStream, ImageStreamImport};
use weir_imagestream::history::IMPORT_SUCCESS;
use weir_imagestream::import::{due, importable};
use weir_imagestream::resolve::tag_history;

/// A registry that was away has this long to come back before the first second try.
const RETRY_FIRST: Duration = Duration::from_secs(30);
/// One that stays away is asked this often.
const RETRY_LAST: Duration = Duration::from_secs(15 * 60);
/// Reasons of failures that may pass without anybody changing the wish.
const PASSING: [&str; 5] = [
    "InternalError",
    "ServerTimeout",
    "ServiceUnavailable",
    "Timeout",
    "TooManyRequests",
];

/// How often a stream's failed tags were tried again, and when they are due next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    pub tries: u32,
    pub due: Timestamp,
}

impl Retry {
    /// The try after `earlier` tries that failed.
    pub fn after(earlier: u32, now: Timestamp) -> Self {
        let pause = RETRY_FIRST.saturating_mul(1 << earlier.min(16)).min(RETRY_LAST);
        let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
        Self {
            tries: earlier + 1,
            due: now.saturating_add(pause).unwrap_or(Timestamp::MAX),
        }
    }

    fn wait(&self, now: Timestamp) -> Option<Duration> {
        Duration::try_from(self.due.duration_since(now))
            .ok()
            .filter(|wait| !wait.is_zero())
    }
}

/// What has to be done for one stream.
#[derive(Debug, PartialEq)]
pub enum Plan {
    Nothing,
    /// A wish that nobody has looked after.
    Import(Box<ImageStreamImport>),
    /// Another try at tags that failed.
    Again(Box<ImageStreamImport>),
    /// Tags failed; their next try is due in this long.
    Wait(Duration),
    /// Tags failed for the first time as far as we remember: make a date.
    Schedule,
}

pub fn plan(stream: &ImageStream, retry: Option<&Retry>, now: Timestamp) -> Plan {
    if stream.metadata.deletion_timestamp.is_some() {
        return Plan::Nothing;
    }
    if let Some(import) = due(stream) {
        return Plan::Import(Box::new(import));
    }
    let Some(again) = second_try(stream) else {
        return Plan::Nothing;
    };
    match retry {
        None => Plan::Schedule,
        Some(retry) => match retry.wait(now) {
            Some(wait) => Plan::Wait(wait),
            None => Plan::Again(Box::new(again)),
        },
    }
}

/// The import of the tags that failed for a passing reason: the one that would be due if they were wished for anew.
fn second_try(stream: &ImageStream) -> Option<ImageStreamImport> {
    let mut renewed = stream.clone();
    let failed = |tag: &str| {
        let history = tag_history(stream, tag);
        history.is_some_and(|history| {
            history.conditions.iter().any(|condition| {
                condition.r#type == IMPORT_SUCCESS
                    && condition.status == "False"
                    && PASSING.contains(&condition.reason.as_str())
            })
        })
    };
    let tags = renewed
        .spec
        .tags
        .iter_mut()
        .filter(|tag| importable(tag) && failed(&tag.name));
    tags.for_each(|tag| tag.generation = None);
    due(&renewed)
}
