use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use serde_json::{Value, json};

use super::{Due, Schedule, Source, Step, WatchOptions};
use crate::cache::{Delivery, Entry, EntryRange, EventKind, Filter, Unreadable, write_line};
use crate::catalog::Served;
use crate::core::Core;
use crate::in_flight::Slot;
use crate::representation::{Item, Representation};
use crate::verbs::Call;
use crate::{ApiError, Object};

/// Lines of the state that comes first are sent in pieces of about this size.
const PIECE: usize = 64 << 10;
/// Objects of that state that are looked at before others get a turn.
const TURN: usize = 256;

/// The objects that a watch follows, and how they are shown.
pub(super) struct Shown {
    pub stored: Arc<Served>,
    /// `None`: as what they are.
    pub show: Option<fn(&Object) -> Object>,
}

/// One client's watch, as lines.
pub(super) struct WatchStream {
    core: Arc<Core>,
    served: Arc<Served>,
    shown: Shown,
    representation: Representation,
    source: Source,
    filter: Filter,
    initial: EntryRange,
    /// The revision of the initial state, until the bookmark that closes it is sent.
    initial_end: Option<u64>,
    /// The revision of a bookmark that is sent when nothing else is waiting.
    bookmark: Option<u64>,
    schedule: Schedule,
    /// A table names its columns once.
    columns_sent: bool,
    ended: bool,
    _slot: Slot,
}

impl WatchStream {
    pub fn new(call: &Call, mut source: Source, shown: Shown, options: &WatchOptions, slot: Slot) -> Self {
        let (initial, revision) = source.take_initial();
        Self {
            core: call.core.clone(),
            served: call.served.clone(),
            shown,
            representation: call.representation,
            source,
            filter: options.filter.clone(),
            initial,
            initial_end: options.initial_events.then_some(revision),
            bookmark: None,
            schedule: Schedule::of(options.timeout, options.bookmarks),
            columns_sent: false,
            ended: false,
            _slot: slot,
        }
    }

    fn poll_lines(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            // A source ends by itself when the server goes away; what is still on its way is not waited for.
            if self.ended || self.core.closing.is_cancelled() || self.schedule.is_over() {
                return Poll::Ready(None);
            }
            if self.initial.len() > 0 {
                let lines = self.initial_lines();
                if lines.is_empty() {
                    cx.waker().wake_by_ref(); // others get a turn
                    return Poll::Pending;
                }
                return Poll::Ready(Some(lines));
            }
            if let Some(lines) = self.waiting() {
                return Poll::Ready(Some(lines));
            }
            if let Poll::Ready(step) = self.source.poll_next(cx) {
                return Poll::Ready(step.map(|step| self.line_of(step)));
            }
            match self.schedule.poll(cx) {
                Poll::Ready(Due::Bookmark) => self.bookmark = Some(self.core.feed.applied()),
                Poll::Ready(Due::End) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// What can be sent at once after the initial state, in its order.
    fn waiting(&mut self) -> Option<Bytes> {
        if let Some(revision) = self.initial_end.take() {
            return Some(self.bookmark_line(revision, true));
        }
        let applied = self.bookmark?;
        if let Some(step) = self.source.try_next() {
            return Some(self.line_of(step));
        }
        self.bookmark = None;
        Some(self.bookmark_line(self.source.complete_to(applied), false))
    }

    /// Some lines of the initial state; none when none of those looked at is selected.
    fn initial_lines(&mut self) -> Bytes {
        let mut out = Vec::new();
        for _ in 0..TURN {
            let Some(entry) = self.initial.next() else {
                break;
            };
            if let Err(error) = self.write_initial(&entry, &mut out) {
                out.extend_from_slice(&self.end_with(&error.into()));
                break;
            }
            if out.len() >= PIECE {
                break;
            }
        }
        Bytes::from(out)
    }

    fn write_initial(&mut self, entry: &Entry, out: &mut Vec<u8>) -> Result<(), Unreadable> {
        let stored = self.shown.stored.clone();
        let Some(stored) = &stored.stored else {
            return Ok(());
        };
        let form = &stored.cache.form;
        if !self.filter.matches(entry, form)? {
            return Ok(());
        }
        let line = match self.shown.show {
            Some(show) => self.rendered(EventKind::Added, Item::Object(&show(&entry.object(form)?)))?,
            None if self.representation == Representation::Full => {
                return write_line(EventKind::Added, entry, entry.revision, form, out);
            }
            None => self.rendered(EventKind::Added, Item::Entry(entry))?,
        };
        out.extend_from_slice(&line);
        Ok(())
    }

    fn line_of(&mut self, step: Step) -> Bytes {
        let line = match step {
            Step::Change(delivery) => self.change_line(&delivery),
            Step::Expired(error) => return self.end_with(&error),
        };
        line.unwrap_or_else(|error| self.end_with(&error.into()))
    }

    fn change_line(&mut self, delivery: &Delivery) -> Result<Bytes, Unreadable> {
        let (kind, event) = (delivery.kind, &delivery.event);
        let stored = self.shown.stored.clone();
        let (Some(stored), Some(entry)) = (&stored.stored, event.shown(kind)) else {
            return Ok(Bytes::new());
        };
        if self.representation == Representation::Full && self.shown.show.is_none() {
            return event.line(kind, &stored.cache.form);
        }
        let mut object = entry.object(&stored.cache.form)?;
        object["metadata"]["resourceVersion"] = event.revision.to_string().into();
        let object = match self.shown.show {
            Some(show) => show(&object),
            None => object,
        };
        self.rendered(kind, Item::Object(&object))
    }

    /// A line in a form that is not shared.
    fn rendered(&mut self, kind: EventKind, item: Item<'_>) -> Result<Bytes, Unreadable> {
        let object = self
            .representation
            .single(&self.served, item, self.core.now(), self.columns_sent)?;
        self.columns_sent = true;
        Ok(object_line(kind, &object))
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

impl Stream for WatchStream {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_lines(cx).map(|lines| lines.map(Ok))
    }
}

/// A line about an object that is encoded already.
pub(super) fn object_line(kind: EventKind, object: &[u8]) -> Bytes {
    let mut line = format!("{{\"type\":\"{}\",\"object\":", kind.as_str()).into_bytes();
    line.extend_from_slice(object);
    line.extend_from_slice(b"}\n");
    Bytes::from(line)
}

pub(super) fn event_line(kind: &str, object: &Value) -> Bytes {
    Bytes::from(format!("{}\n", json!({"type": kind, "object": object})))
}
