use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::{Map, Value, json};
use weir_api::build::{Build, BuildPhase};
use weir_api::names::annotation;

/// Why a build is where it is: a word for programs and a sentence for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    pub reason: String,
    pub message: String,
}

impl Cause {
    pub fn new(reason: &str, message: impl Into<String>) -> Self {
        Self {
            reason: reason.to_owned(),
            message: message.into(),
        }
    }

    /// Nothing to explain.
    pub fn none() -> Self {
        Self::default()
    }
}

/// When and how a build ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    pub started: Timestamp,
    pub completed: Timestamp,
    pub log_snippet: Option<String>,
}

/// What a pass writes into a Build. `None` leaves a field alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub phase: Option<BuildPhase>,
    pub cause: Option<Cause>,
    pub started: Option<Timestamp>,
    pub ending: Option<Ending>,
    pub pod_name: Option<String>,
    pub output_reference: Option<String>,
}

impl Change {
    /// Only the explanation changes.
    pub fn explain(cause: Cause) -> Self {
        Self {
            cause: Some(cause),
            ..Self::default()
        }
    }

    /// The phase changes, for a cause.
    pub fn to(phase: BuildPhase, cause: Cause) -> Self {
        Self {
            phase: Some(phase),
            cause: Some(cause),
            ..Self::default()
        }
    }

    /// The merge patch that writes the change into `build` as it was looked at; `None` where it already says all this.
    pub fn patch(&self, build: &Build) -> Option<Value> {
        let mut status = Map::new();
        if let Some(phase) = self.phase.filter(|phase| *phase != build.status.phase) {
            status.insert("phase".into(), json!(phase));
        }
        if let Some(cause) = &self.cause {
            set_text(&mut status, "reason", &cause.reason, &build.status.reason);
            set_text(&mut status, "message", &cause.message, &build.status.message);
        }
        if let Some(started) = self.started {
            status.insert("startTimestamp".into(), json!(Time(started)));
        }
        if let Some(reference) = &self.output_reference {
            let held = &build.status.output_docker_image_reference;
            set_text(&mut status, "outputDockerImageReference", reference, held);
        }
        if let Some(ending) = &self.ending {
            ending.write(&mut status);
        }
        let mut metadata = Map::new();
        if let Some(pod) = &self.pod_name {
            let held = crate::ownership::annotation(&build.metadata, annotation::BUILD_POD_NAME);
            if held != Some(pod) {
                metadata.insert("annotations".into(), json!({annotation::BUILD_POD_NAME: pod}));
            }
        }
        if status.is_empty() && metadata.is_empty() {
            return None;
        }
        metadata.insert("resourceVersion".into(), json!(build.metadata.resource_version));
        Some(json!({"metadata": metadata, "status": status}))
    }
}

impl Ending {
    fn write(&self, status: &mut Map<String, Value>) {
        let seconds = self.completed.duration_since(self.started).as_secs().max(0);
        status.insert("startTimestamp".into(), json!(Time(self.started)));
        status.insert("completionTimestamp".into(), json!(Time(self.completed)));
        // The wire counts nanoseconds, of whole seconds.
        status.insert("duration".into(), json!(seconds.saturating_mul(1_000_000_000)));
        if let Some(snippet) = &self.log_snippet {
            status.insert("logSnippet".into(), json!(snippet));
        }
    }
}

/// An empty text is written as `null`, which removes the field.
fn set_text(status: &mut Map<String, Value>, field: &str, value: &str, held: &str) {
    if value != held {
        let value = if value.is_empty() { Value::Null } else { json!(value) };
        status.insert(field.to_owned(), value);
    }
}
