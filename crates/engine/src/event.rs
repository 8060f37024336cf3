use std::collections::BTreeMap;

use jiff::Timestamp;

/// Something happened to a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineEvent {
    pub container: String,
    pub action: EventAction,
    pub labels: BTreeMap<String, String>,
    pub time: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventAction {
    Created,
    Started,
    /// With the exit code when the engine tells it.
    Died {
        exit_code: Option<i64>,
    },
    OutOfMemory,
    Removed,
    Other(String),
}
