//! Tells users what the loops did or could not do: core/v1 Events, repeated ones counted.
//!
//! Recording never holds up a pass: occurrences go through a bounded channel to one writer.

mod occurrence;
mod writer;

use k8s_openapi::api::core::v1::ObjectReference;
use kube::Resource;
use tokio::sync::mpsc;

use crate::metrics::Metrics;

pub use occurrence::{EventKind, Occurrence};
pub use writer::EventWriter;

/// Occurrences that may wait for the writer. More than this at once is a storm, of which a sample is as good.
const WAITING_MAX: usize = 1024;

/// Hands occurrences to the writer. Cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    waiting: mpsc::Sender<Occurrence>,
    metrics: Metrics,
}

impl Recorder {
    /// A recorder, and the end of the channel that [`EventWriter`] empties.
    pub fn new(metrics: Metrics) -> (Self, mpsc::Receiver<Occurrence>) {
        let (waiting, receiver) = mpsc::channel(WAITING_MAX);
        (Self { waiting, metrics }, receiver)
    }

    /// Something went as it should.
    pub fn normal<K: Resource<DynamicType = ()>>(
        &self,
        source: &'static str,
        about: &K,
        reason: &str,
        message: String,
    ) {
        self.record(source, EventKind::Normal, reference(about), reason, message);
    }

    /// Something a user should look at.
    pub fn warning<K: Resource<DynamicType = ()>>(
        &self,
        source: &'static str,
        about: &K,
        reason: &str,
        message: String,
    ) {
        self.record(source, EventKind::Warning, reference(about), reason, message);
    }

    /// The same about an object that is known only by reference.
    pub fn warning_about(&self, source: &'static str, about: ObjectReference, reason: &str, message: String) {
        self.record(source, EventKind::Warning, about, reason, message);
    }

    fn record(&self, source: &'static str, kind: EventKind, about: ObjectReference, reason: &str, message: String) {
        let occurrence = Occurrence {
            source,
            kind,
            about,
            reason: reason.to_owned(),
            message,
        };
        if let Err(lost) = self.waiting.try_send(occurrence) {
            self.metrics.event_dropped();
            tracing::debug!(%lost, "an event is not recorded");
        }
    }
}

/// How an event names `object`.
fn reference<K: Resource<DynamicType = ()>>(object: &K) -> ObjectReference {
    let meta = object.meta();
    ObjectReference {
        api_version: Some(K::api_version(&()).into_owned()),
        kind: Some(K::kind(&()).into_owned()),
        namespace: meta.namespace.clone(),
        name: meta.name.clone(),
        uid: meta.uid.clone(),
        resource_version: meta.resource_version.clone(),
        field_path: None,
    }
}

#[cfg(test)]
mod tests;
