use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Annotation that holds the state.
pub const STATE: &str = "weir.dev/deployment.state";

/// What a rollout has to remember from one pass to the next. Everything else can be seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    pub started: Timestamp,
    /// The complete deployment that is being replaced.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<String>,
    /// Where the rollout was when it last got on, in words that only have to differ.
    pub progress: String,
    pub progress_at: Timestamp,
    /// When replicas were last added; removals keep their distance from it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scaled_up_at: Option<Timestamp>,
    /// The old pods took too long to end, and the rollout went on without them.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub left_old_pods: bool,
}

impl State {
    pub fn begin(now: Timestamp, from: Option<String>) -> Self {
        let progress = "begun".to_owned();
        Self {
            started: now,
            from,
            progress,
            progress_at: now,
            scaled_up_at: None,
            left_old_pods: false,
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Notes where the rollout is; the time counts from the first moment it is there.
    pub fn note(&mut self, progress: String, now: Timestamp) {
        if self.progress != progress {
            self.progress = progress;
            self.progress_at = now;
        }
    }
}
