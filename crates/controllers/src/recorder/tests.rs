use k8s_openapi::api::core::v1::ObjectReference;

use super::{EventKind, Occurrence, Recorder};
use crate::metrics::Metrics;

fn occurrence(message: &str) -> Occurrence {
    Occurrence {
        source: "build-controller",
        kind: EventKind::Warning,
        about: ObjectReference {
            name: Some("app-1".into()),
            namespace: Some("ns".into()),
            ..Default::default()
        },
        reason: "InvalidOutput".into(),
        message: message.into(),
    }
}

#[test]
fn an_event_names_its_object_its_source_and_its_time() {
    let now = "2026-01-02T03:04:05Z".parse().unwrap();
    let event = occurrence("no registry").event(now, 7);
    assert_eq!(event.metadata.namespace.as_deref(), Some("ns"));
    assert!(
        event
            .metadata
            .name
            .as_deref()
            .is_some_and(|name| name.starts_with("app-1."))
    );
    assert_eq!(
        event.source.and_then(|source| source.component).as_deref(),
        Some("build-controller")
    );
    assert_eq!(event.type_.as_deref(), Some("Warning"));
    assert_eq!(event.count, Some(1));
    assert_eq!(event.first_timestamp, event.last_timestamp);
}

#[test]
fn a_long_message_is_cut_on_a_character_with_a_mark() {
    let event = occurrence(&"ä".repeat(2000)).event("2026-01-02T03:04:05Z".parse().unwrap(), 0);
    let message = event.message.unwrap_or_default();
    assert!(message.len() <= 1024 && message.ends_with("ä..."));
}

#[test]
fn only_equal_occurrences_are_counted_together() {
    assert_eq!(occurrence("a").identity(), occurrence("a").identity());
    assert_ne!(occurrence("a").identity(), occurrence("b").identity());
}

#[tokio::test]
async fn a_storm_of_events_is_cut_and_never_blocks() {
    let (recorder, mut waiting) = Recorder::new(Metrics::default());
    let pod = k8s_openapi::api::core::v1::Pod::default();
    for number in 0..5000 {
        recorder.normal("test", &pod, "Storm", number.to_string());
    }
    let mut kept = 0;
    while waiting.try_recv().is_ok() {
        kept += 1;
    }
    assert_eq!(kept, super::WAITING_MAX);
}
