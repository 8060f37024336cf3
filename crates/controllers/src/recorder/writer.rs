use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use k8s_openapi::api::core::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::json;
use tokio::sync::{Mutex, mpsc};

use super::occurrence::{Identity, Occurrence};
use crate::clock::Clock;
use crate::error::{code, found};

/// Events remembered to be counted up in place of being written again. Older ones simply start over at one.
const REMEMBERED_MAX: usize = 512;

/// The one place that writes Events.
pub struct EventWriter {
    client: Client,
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    waiting: mpsc::Receiver<Occurrence>,
    written: HashMap<Identity, Written>,
    /// Identities in the order of their first writing.
    order: VecDeque<Identity>,
    serial: u64,
}

struct Written {
    namespace: String,
    name: String,
    count: i32,
}

impl EventWriter {
    pub fn new(client: Client, clock: Clock, waiting: mpsc::Receiver<Occurrence>) -> Self {
        let state = State {
            waiting,
            written: HashMap::new(),
            order: VecDeque::new(),
            serial: 0,
        };
        Self {
            client,
            clock,
            state: Mutex::new(state),
        }
    }

    /// Writes what arrives, for ever.
    pub async fn run(self: Arc<Self>) {
        let mut state = self.state.lock().await;
        while let Some(occurrence) = state.waiting.recv().await {
            if let Err(error) = self.write(&mut state, occurrence).await {
                tracing::debug!(%error, "an event could not be written");
            }
        }
    }

    async fn write(&self, state: &mut State, occurrence: Occurrence) -> Result<(), kube::Error> {
        let identity = occurrence.identity();
        if let Some(written) = state.written.get_mut(&identity)
            && self.count_up(written).await?
        {
            return Ok(());
        }
        state.serial = state.serial.wrapping_add(1) & 0xffff;
        let namespace = occurrence.namespace().to_owned();
        let event = occurrence.event(self.clock.now(), state.serial);
        let events: Api<Event> = Api::namespaced(self.client.clone(), &namespace);
        match events.create(&PostParams::default(), &event).await {
            Ok(event) => {
                let name = event.metadata.name.unwrap_or_default();
                state.remember(
                    identity,
                    Written {
                        namespace,
                        name,
                        count: 1,
                    },
                );
                Ok(())
            }
            // The namespace is on its way out: nobody will read this.
            Err(error) if matches!(code(&error), Some(403 | 404)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether the event was still there to be counted up.
    async fn count_up(&self, written: &mut Written) -> Result<bool, kube::Error> {
        let count = written.count.saturating_add(1);
        let patch = json!({"count": count, "lastTimestamp": Time(self.clock.now())});
        let events: Api<Event> = Api::namespaced(self.client.clone(), &written.namespace);
        let patched = events
            .patch(&written.name, &PatchParams::default(), &Patch::Merge(&patch))
            .await;
        let there = found(patched)?.is_some();
        if there {
            written.count = count;
        }
        Ok(there)
    }
}

impl State {
    fn remember(&mut self, identity: Identity, written: Written) {
        if self.written.insert(identity.clone(), written).is_none() {
            self.order.push_back(identity);
        }
        while self.order.len() > REMEMBERED_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.written.remove(&oldest);
            }
        }
    }
}
