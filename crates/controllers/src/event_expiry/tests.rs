use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};

use super::plan::is_expired;

fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

#[test]
fn an_event_goes_an_hour_after_it_last_happened() {
    let mut event = Event {
        last_timestamp: Some(Time(ago(60))),
        ..Event::default()
    };
    assert!(is_expired(&event, now()));
    event.last_timestamp = Some(Time(ago(59)));
    assert!(!is_expired(&event, now()));
}

#[test]
fn an_old_event_that_was_repeated_lately_stays() {
    let mut event = Event {
        last_timestamp: Some(Time(ago(1))),
        ..Event::default()
    };
    event.metadata.creation_timestamp = Some(Time(ago(600)));
    assert!(!is_expired(&event, now()));
}

#[test]
fn an_event_of_the_newer_kind_is_judged_by_its_event_time() {
    let event = Event {
        event_time: Some(MicroTime(ago(61))),
        ..Event::default()
    };
    assert!(is_expired(&event, now()));
}

#[test]
fn an_event_without_any_time_is_kept() {
    assert!(!is_expired(&Event::default(), now()));
}
