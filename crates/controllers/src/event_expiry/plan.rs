use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Event;

/// How long an Event is kept after it last happened.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// Whether the event has been quiet for long enough.
pub fn is_expired(event: &Event, now: Timestamp) -> bool {
    last_seen(event).is_some_and(|seen| now.duration_since(seen) >= KEPT)
}

/// When the event last happened, by any of the times that writers of events fill in.
fn last_seen(event: &Event) -> Option<Timestamp> {
    let series = event
        .series
        .as_ref()
        .and_then(|series| series.last_observed_time.as_ref())
        .map(|time| time.0);
    let last = event.last_timestamp.as_ref().map(|time| time.0);
    let single = event.event_time.as_ref().map(|time| time.0);
    let created = event.metadata.creation_timestamp.as_ref().map(|time| time.0);
    [series, last, single, created].into_iter().flatten().max()
}
