//! Events about pods: written beside the work, never in its way; equal ones are counted.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, EventSource, ObjectReference, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::pod_view::PodView;

/// Events that wait for the API. When it is that far behind, new ones are dropped: they explain, they do not decide.
const QUEUE: usize = 1024;
/// Events that are remembered for counting.
const REMEMBERED: usize = 2048;
/// Longest message of an event.
const MAX_MESSAGE: usize = 1024;
pub(crate) const COMPONENT: &str = "weir-agent";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Severity {
    Normal,
    Warning,
}

/// Takes events. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Recorder {
    queue: mpsc::Sender<Record>,
    clock: Clock,
}

/// Writes what recorders take.
pub(crate) struct Writer {
    queue: mpsc::Receiver<Record>,
    client: kube::Client,
    host: String,
    known: HashMap<Key, Known>,
    order: VecDeque<Key>,
    written: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    uid: String,
    field_path: Option<String>,
    severity: Severity,
    reason: &'static str,
    message: String,
}

#[derive(Debug)]
struct Record {
    key: Key,
    namespace: String,
    name: String,
    at: Timestamp,
}

struct Known {
    name: String,
    count: i32,
}

pub(crate) fn recorder(client: kube::Client, host: String, clock: Clock) -> (Recorder, Writer) {
    let (sender, queue) = mpsc::channel(QUEUE);
    let writer = Writer {
        queue,
        client,
        host,
        known: HashMap::new(),
        order: VecDeque::new(),
        written: 0,
    };
    (Recorder { queue: sender, clock }, writer)
}

impl Recorder {
    /// Something happened to a pod, or to one of its containers.
    pub fn record(
        &self,
        pod: &Pod,
        container: Option<&str>,
        severity: Severity,
        reason: &'static str,
        message: String,
    ) {
        let field_path = container.filter(|name| !name.is_empty()).map(|name| {
            let list = if pod.init_containers().iter().any(|init| init.name == name) {
                "initContainers"
            } else {
                "containers"
            };
            format!("spec.{list}{{{name}}}")
        });
        let message = message.chars().take(MAX_MESSAGE).collect();
        let record = Record {
            key: Key {
                uid: pod.uid().to_owned(),
                field_path,
                severity,
                reason,
                message,
            },
            namespace: pod.namespace().to_owned(),
            name: pod.name().to_owned(),
            at: self.clock.now(),
        };
        if let Err(error) = self.queue.try_send(record) {
            tracing::warn!(pod = pod.name(), reason, %error, "an event is dropped");
        }
    }
}

impl Writer {
    pub async fn run(mut self, shutdown: CancellationToken) {
        loop {
            let record = tokio::select! {
                record = self.queue.recv() => record,
                () = shutdown.cancelled() => return,
            };
            let Some(record) = record else { return };
            let (pod, reason) = (record.name.clone(), record.key.reason);
            if let Err(error) = self.write(record).await {
                tracing::debug!(pod, reason, %error, "cannot write an event");
            }
        }
    }

    async fn write(&mut self, record: Record) -> Result<(), kube::Error> {
        let events: Api<Event> = Api::namespaced(self.client.clone(), &record.namespace);
        if let Some(known) = self.known.get_mut(&record.key) {
            let count = known.count.saturating_add(1);
            let patch = json!({"count": count, "lastTimestamp": Time(record.at)});
            match events
                .patch(&known.name, &PatchParams::default(), &Patch::Merge(patch))
                .await
            {
                Ok(_) => {
                    known.count = count;
                    return Ok(());
                }
                // Events do not live for ever: then it starts anew.
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                Err(error) => return Err(error),
            }
        }
        let event = self.event(&record);
        let name = event.metadata.name.clone().unwrap_or_default();
        events.create(&PostParams::default(), &event).await?;
        self.remember(record.key, Known { name, count: 1 });
        Ok(())
    }

    fn remember(&mut self, key: Key, known: Known) {
        if self.known.insert(key.clone(), known).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }

    fn event(&mut self, record: &Record) -> Event {
        self.written += 1;
        let kind = match record.key.severity {
            Severity::Normal => "Normal",
            Severity::Warning => "Warning",
        };
        Event {
            metadata: ObjectMeta {
                // The time makes it unlike those of other agents, the number unlike our own.
                name: Some(format!(
                    "{}.{:x}.{:x}",
                    record.name,
                    record.at.as_nanosecond(),
                    self.written
                )),
                namespace: Some(record.namespace.clone()),
                ..ObjectMeta::default()
            },
            involved_object: ObjectReference {
                api_version: Some("v1".to_owned()),
                kind: Some("Pod".to_owned()),
                name: Some(record.name.clone()),
                namespace: Some(record.namespace.clone()),
                uid: Some(record.key.uid.clone()),
                field_path: record.key.field_path.clone(),
                ..ObjectReference::default()
            },
            type_: Some(kind.to_owned()),
            reason: Some(record.key.reason.to_owned()),
            message: Some(record.key.message.clone()),
            count: Some(1),
            first_timestamp: Some(Time(record.at)),
            last_timestamp: Some(Time(record.at)),
            source: Some(EventSource {
                component: Some(COMPONENT.to_owned()),
                host: Some(self.host.clone()),
            }),
            reporting_component: Some(COMPONENT.to_owned()),
            reporting_instance: Some(self.host.clone()),
            ..Event::default()
        }
    }
}
