use std::collections::BTreeMap;

use futures::StreamExt;
use jiff::Timestamp;

use super::FakeEngine;
use super::containers::carries;
use crate::{EngineEvent, EngineStream, EventAction, Events};

impl Events for FakeEngine {
    fn events(&self, labels: &BTreeMap<String, String>, _since: Timestamp) -> EngineStream<EngineEvent> {
        let state = (self.clone(), self.events.subscribe(), self.version.subscribe());
        let labels = labels.clone();
        futures::stream::try_unfold(state, |(engine, mut events, mut version)| async move {
            loop {
                version.borrow_and_update();
                if engine.lock().away {
                    return Err(super::away());
                }
                tokio::select! {
                    biased;
                    event = events.recv() => match event {
                        Ok(event) => return Ok(Some((event, (engine, events, version)))),
                        Err(_) => return Err(super::away()),
                    },
                    changed = version.changed() => if changed.is_err() {
                        return Err(super::away());
                    },
                }
            }
        })
        .filter(move |event| {
            let wanted = event.as_ref().map_or(true, |event| carries(&event.labels, &labels));
            futures::future::ready(wanted)
        })
        .boxed()
    }
}

impl FakeEngine {
    /// An event of a container that is still there.
    pub(super) fn tell(&self, id: &str, action: EventAction) {
        let labels = self
            .lock()
            .find(id)
            .map(|record| record.spec.labels.clone())
            .unwrap_or_default();
        self.announce(id, action, labels);
    }

    pub(super) fn announce(&self, id: &str, action: EventAction, labels: BTreeMap<String, String>) {
        let event = EngineEvent {
            container: id.to_owned(),
            action,
            labels,
            time: (self.clock)(),
        };
        // Nobody listening is no error.
        let _listeners = self.events.send(event);
        self.bump();
    }
}
