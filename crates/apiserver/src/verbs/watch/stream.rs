use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use serde_json::{Value, json};
use tokio::time::{Instant, Interval, MissedTickBehavior, Sleep, interval_at, sleep};

use super::{Source, WatchOptions};
use crate::ApiError;
use crate::cache::{Delivery, Entry, EventKind, Filter, Signal, Unreadable, encode_line};
use crate::catalog::Served;
use crate::core::Core;
use crate::in_flight::Slot;
use crate::representation::{Item, Representation};
use crate::verbs::Call;

/// How often an idle watch tells its client the revision it has reached.
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);

/// One client's watch, as lines.
pub(super) struct WatchStream {
    core: Arc<Core>,
    served: Arc<Served>,
    representation: Representation,
    source: Source,
    filter: Filter,
    initial: std::vec::IntoIter<Arc<Entry>>,
    /// The revision of the initial state, until the bookmark that closes it is sent.
    initial_end: Option<u64>,
    missed: std::vec::IntoIter<Delivery>,
    /// The revision of a bookmark that is sent when nothing else is waiting.
    bookmark: Option<u64>,
    bookmarks: Option<Interval>,
    deadline: Pin<Box<Sleep>>,
    /// A table names its columns once.
    columns_sent: bool,
    ended: bool,
    _slot: Slot,
}

impl WatchStream {
    pub fn new(call: &Call, mut source: Source, options: &WatchOptions, slot: Slot) -> Self {
        let (mut initial, mut missed, mut initial_end) = (Vec::new(), Vec::new(), None);
        if let Source::Live(subscription) = &mut source {
            initial = std::mem::take(&mut subscription.initial);
            missed = std::mem::take(&mut subscription.missed);
            initial_end = options.initial_events.then_some(subscription.revision);
        }
        let bookmarks = options.bookmarks.then(|| {
            let mut ticks = interval_at(Instant::now() + BOOKMARK_EVERY, BOOKMARK_EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        Self {
            core: call.core.clone(),
            served: call.served.clone(),
            representation: call.representation,
            source,
            filter: options.filter.clone(),
            initial: initial.into_iter(),
            initial_end,
            missed: missed.into_iter(),
            bookmark: None,
            bookmarks,
            deadline: Box::pin(sleep(options.timeout)),
            columns_sent: false,
            ended: false,
            _slot: slot,
        }
    }

    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        futures::stream::unfold(self, |mut watch| async move {
            watch.next().await.map(|line| (Ok(line), watch))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.ended {
                return None;
            }
            if let Some(line) = self.waiting() {
                return Some(line);
            }
            if let Source::Expired(error) = &self.source {
                let error = error.clone();
                return Some(self.end_with(&error));
            }
            tokio::select! {
                biased;
                () = self.core.closing.cancelled() => return None,
                () = &mut self.deadline => return None,
                signal = self.source.next() => match signal {
                    Some(signal) => return Some(self.line_of(signal)),
                    None => return None,
                },
                () = tick(&mut self.bookmarks) => {
                    self.bookmark = Some(self.core.feed.applied());
                }
            }
        }
    }

    /// What can be sent without waiting, in its order.
    fn waiting(&mut self) -> Option<Bytes> {
        while let Some(entry) = self.initial.next() {
            match self.selects(&entry) {
                Ok(true) => return Some(self.initial_line(&entry)),
                Ok(false) => {}
                Err(error) => return Some(self.end_with(&error.into())),
            }
        }
        if let Some(revision) = self.initial_end.take() {
            return Some(self.bookmark_line(revision, true));
        }
        if let Some(delivery) = self.missed.next() {
            return Some(self.line_of(Signal::Change(delivery)));
        }
        let applied = self.bookmark?;
        if let Some(signal) = self.source.try_next() {
            return Some(self.line_of(signal));
        }
        self.bookmark = None;
        Some(self.bookmark_line(self.source.complete_to(applied), false))
    }

    fn selects(&self, entry: &Entry) -> Result<bool, Unreadable> {
        match &self.served.stored {
            Some(stored) => self.filter.matches(entry, &stored.cache.form),
            None => Ok(false),
        }
    }

    fn initial_line(&mut self, entry: &Entry) -> Bytes {
        let line = match (self.representation, &self.served.stored) {
            (Representation::Full, Some(stored)) => {
                encode_line(EventKind::Added, entry, entry.revision, &stored.cache.form)
            }
            _ => self.rendered(EventKind::Added, Item::Entry(entry)),
        };
        line.unwrap_or_else(|error| self.end_with(&error.into()))
    }

    fn line_of(&mut self, signal: Signal) -> Bytes {
        let line = match signal {
            Signal::Change(delivery) => self.change_line(&delivery),
            Signal::Expired => {
                let error = ApiError::expired("changes were missed, because the server started over; list again");
                return self.end_with(&error);
            }
        };
        line.unwrap_or_else(|error| self.end_with(&error.into()))
    }

    fn change_line(&mut self, delivery: &Delivery) -> Result<Bytes, Unreadable> {
        let (kind, event) = (delivery.kind, &delivery.event);
        let (Some(stored), Some(entry)) = (&self.served.stored, event.shown(kind)) else {
            return Ok(Bytes::new());
        };
        if self.representation == Representation::Full {
            return event.line(kind, &stored.cache.form);
        }
        let mut object = entry.object(&stored.cache.form)?;
        object["metadata"]["resourceVersion"] = event.revision.to_string().into();
        self.rendered(kind, Item::Object(&object))
    }

    /// A line in a form that is not shared.
    fn rendered(&mut self, kind: EventKind, item: Item<'_>) -> Result<Bytes, Unreadable> {
        let object = self
            .representation
            .single(&self.served, item, self.core.now(), self.columns_sent)?;
        self.columns_sent = true;
        let mut line = format!("{{\"type\":\"{}\",\"object\":", kind.as_str()).into_bytes();
        line.extend_from_slice(&object);
        line.extend_from_slice(b"}\n");
        Ok(Bytes::from(line))
    }

    fn bookmark_line(&self, revision: u64, initial_events_end: bool) -> Bytes {
        let object = self.representation.bookmark(&self.served, revision, initial_events_end);
        event_line("BOOKMARK", &object)
    }

    /// The last line: what went wrong.
    fn end_with(&mut self, error: &ApiError) -> Bytes {
        self.ended = true;
        event_line("ERROR", &error.to_status())
    }
}

fn event_line(kind: &str, object: &Value) -> Bytes {
    Bytes::from(format!("{}\n", json!({"type": kind, "object": object})))
}

/// The next bookmark's time; never when bookmarks are not wanted.
async fn tick(bookmarks: &mut Option<Interval>) {
    match bookmarks {
        Some(ticks) => {
            ticks.tick().await;
        }
        None => std::future::pending().await,
    }
}
