use std::collections::BTreeMap;

use bollard::models::EventMessage;
use bollard::query_parameters::EventsOptionsBuilder;
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;

use super::DockerEngine;
use super::containers::label_filter;
use crate::{EngineError, EngineEvent, EngineStream, EventAction, Events};

impl Events for DockerEngine {
    fn events(&self, labels: &BTreeMap<String, String>, since: Timestamp) -> EngineStream<EngineEvent> {
        let mut filters = label_filter(labels);
        filters.insert("type".to_owned(), vec!["container".to_owned()]);
        let options = EventsOptionsBuilder::default()
            .since(&since.as_second().to_string())
            .filters(&filters)
            .build();
        let ended = EngineError::unavailable(format!("the container engine at {} ended its events", self.endpoint()));
        self.stream(move |client| client.events(Some(options)))
            .try_filter_map(|message| futures::future::ready(Ok(event(message))))
            .chain(futures::stream::once(async move { Err(ended) }))
            .boxed()
    }
}

fn event(message: EventMessage) -> Option<EngineEvent> {
    let actor = message.actor?;
    let mut labels: BTreeMap<String, String> = actor.attributes.unwrap_or_default().into_iter().collect();
    let nanos = message
        .time_nano
        .map(i128::from)
        .and_then(|nanos| Timestamp::from_nanosecond(nanos).ok());
    let time = nanos.or_else(|| Timestamp::from_second(message.time?).ok())?;
    Some(EngineEvent {
        container: actor.id?,
        action: action(message.action.as_deref().unwrap_or_default(), &mut labels),
        labels,
        time,
    })
}

/// Docker and Podman differ in the verb's tense and in where the exit code is.
fn action(name: &str, attributes: &mut BTreeMap<String, String>) -> EventAction {
    match name {
        "create" => EventAction::Created,
        "start" => EventAction::Started,
        "die" | "died" => {
            let code = attributes
                .remove("exitCode")
                .or_else(|| attributes.remove("containerExitCode"));
            EventAction::Died {
                exit_code: code.and_then(|code| code.parse().ok()),
            }
        }
        "oom" => EventAction::OutOfMemory,
        "destroy" | "remove" => EventAction::Removed,
        other => EventAction::Other(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_dialects_say_that_a_container_died() {
        for (verb, key) in [("die", "exitCode"), ("died", "containerExitCode")] {
            let mut attributes = BTreeMap::from([(key.to_owned(), "3".to_owned())]);
            assert_eq!(action(verb, &mut attributes), EventAction::Died { exit_code: Some(3) });
            assert!(attributes.is_empty());
        }
    }
}
