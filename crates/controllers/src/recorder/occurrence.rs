use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, EventSource, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};

/// Longest message an Event may carry, in bytes, as clients of Events expect.
const MESSAGE_MAX: usize = 1024;
/// Namespace of events about objects that have none.
const CLUSTER_NAMESPACE: &str = "default";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    Normal,
    Warning,
}

impl EventKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// Something that happened to one object.
#[derive(Clone, Debug)]
pub struct Occurrence {
    /// Which loop says so.
    pub source: &'static str,
    pub kind: EventKind,
    pub about: ObjectReference,
    pub reason: String,
    pub message: String,
}

/// What makes two occurrences the same event happening again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    source: &'static str,
    kind: EventKind,
    uid: String,
    name: String,
    reason: String,
    message: String,
}

impl Occurrence {
    pub fn identity(&self) -> Identity {
        Identity {
            source: self.source,
            kind: self.kind,
            uid: self.about.uid.clone().unwrap_or_default(),
            name: self.about.name.clone().unwrap_or_default(),
            reason: self.reason.clone(),
            message: self.message.clone(),
        }
    }

    pub fn namespace(&self) -> &str {
        self.about.namespace.as_deref().unwrap_or(CLUSTER_NAMESPACE)
    }

    /// The first Event of this occurrence. `serial` keeps two events of one instant apart.
    pub fn event(self, now: Timestamp, serial: u64) -> Event {
        let namespace = self.namespace().to_owned();
        let name = format!(
            "{}.{:x}{serial:04x}",
            self.about.name.as_deref().unwrap_or_default(),
            now.as_millisecond()
        );
        Event {
            metadata: ObjectMeta {
                namespace: Some(namespace),
                name: Some(name),
                ..Default::default()
            },
            involved_object: self.about,
            type_: Some(self.kind.as_str().to_owned()),
            reason: Some(self.reason),
            message: Some(bounded(self.message)),
            source: Some(EventSource {
                component: Some(self.source.to_owned()),
                host: None,
            }),
            first_timestamp: Some(Time(now)),
            last_timestamp: Some(Time(now)),
            count: Some(1),
            reporting_component: Some(self.source.to_owned()),
            ..Default::default()
        }
    }
}

fn bounded(mut message: String) -> String {
    const MARK: &str = "...";
    if message.len() > MESSAGE_MAX {
        let mut end = MESSAGE_MAX - MARK.len();
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        message.truncate(end);
        message.push_str(MARK);
    }
    message
}
