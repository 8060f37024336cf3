//! Watches of personal views: every change of a stored object, as whoever watches sees it.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;

use super::stream::{event_line, object_line};
use super::{Due, Schedule, Source, Step, WatchOptions};
use crate::cache::{Delivery, Entry, EntryRange, EventKind, Filter, Start};
use crate::catalog::Served;
use crate::core::Core;
use crate::in_flight::Slot;
use crate::representation::{Item, Representation};
use crate::verbs::Call;
use crate::{ApiError, Object, RequestContext, View, VirtualResource, metadata};

/// One client's watch of a personal view, as lines.
pub(super) struct ViewStream {
    core: Arc<Core>,
    cx: RequestContext,
    served: Arc<Served>,
    representation: Representation,
    handler: Arc<dyn VirtualResource>,
    show: fn(&Object) -> Object,
    /// What the view is on.
    stored: Arc<Served>,
    source: Source,
    filter: Filter,
    initial: EntryRange,
    /// The revision of the initial state, until the bookmark that closes it is sent.
    initial_end: Option<u64>,
    /// Names that were shown: what is seen no more is deleted for whoever watches.
    visible: HashSet<String>,
    bookmark: Option<u64>,
    schedule: Schedule,
    columns_sent: bool,
    ended: bool,
    _slot: Slot,
}

impl ViewStream {
    pub fn new(
        call: &Call,
        view: &View,
        stored: Arc<Served>,
        mut source: Source,
        options: &WatchOptions,
        slot: Slot,
    ) -> Result<Self, ApiError> {
        let handler = call.served.handler().ok_or_else(|| call.cx.method_not_supported())?;
        let (initial, revision) = source.take_initial();
        Ok(Self {
            core: call.core.clone(),
            cx: call.cx.clone(),
            served: call.served.clone(),
            representation: call.representation,
            handler: handler.clone(),
            show: view.show,
            stored,
            source,
            filter: options.filter.clone(),
            initial,
            initial_end: options.initial_events.then_some(revision),
            visible: HashSet::new(),
            bookmark: None,
            schedule: Schedule::of(options.timeout, options.bookmarks),
            columns_sent: false,
            ended: false,
            _slot: slot,
        })
    }

    /// A client that goes on where it left off has seen what it may see now, and is to hear when that ends.
    pub async fn resumed(mut self, start: Start) -> Result<Self, ApiError> {
        if start == Start::WithCurrent {
            return Ok(self);
        }
        for object in self.cx.objects.list(&self.stored.id, "", None).await? {
            let name = metadata::text(&object, "name").to_owned();
            if self.handler.sees(&self.cx, &object).await {
                self.visible.insert(name);
            }
        }
        Ok(self)
    }

    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        futures::stream::unfold(self, |mut watch| async move {
            watch.next().await.map(|line| (Ok(line), watch))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        while !self.ended {
            match self.step().await {
                Ok(Some(line)) => return Some(line),
                Ok(None) => {}
                Err(error) => {
                    self.ended = true;
                    return Some(event_line("ERROR", &error.to_status()));
                }
            }
        }
        None
    }

    /// What comes next; nothing when whoever watches does not see it.
    async fn step(&mut self) -> Result<Option<Bytes>, ApiError> {
        if let Some(entry) = self.initial.next() {
            return self.initial_line(&entry).await;
        }
        if let Some(revision) = self.initial_end.take() {
            return Ok(Some(self.bookmark_line(revision, true)));
        }
        if let Some(applied) = self.bookmark {
            if let Some(step) = self.source.try_next() {
                return self.line_of(step).await;
            }
            self.bookmark = None;
            return Ok(Some(self.bookmark_line(self.source.complete_to(applied), false)));
        }
        if self.core.closing.is_cancelled() || self.schedule.is_over() {
            self.ended = true;
            return Ok(None);
        }
        let step = tokio::select! {
            biased;
            step = self.source.next() => step,
            due = self.schedule.next() => match due {
                Due::Bookmark => {
                    self.bookmark = Some(self.core.feed.applied());
                    return Ok(None);
                }
                Due::End => None,
            }
        };
        match step {
            Some(step) => self.line_of(step).await,
            None => {
                self.ended = true;
                Ok(None)
            }
        }
    }

    async fn line_of(&mut self, step: Step) -> Result<Option<Bytes>, ApiError> {
        match step {
            Step::Change(delivery) => self.change_line(&delivery).await,
            Step::Expired(error) => Err(error),
        }
    }

    async fn initial_line(&mut self, entry: &Entry) -> Result<Option<Bytes>, ApiError> {
        let form = &self.stored.in_store()?.cache.form;
        if !self.filter.matches(entry, form)? {
            return Ok(None);
        }
        let object = entry.object(form)?;
        if !self.handler.sees(&self.cx, &object).await {
            return Ok(None);
        }
        self.visible.insert(entry.name().to_owned());
        self.rendered(EventKind::Added, &object).map(Some)
    }

    /// A change is what it does to what is seen: an object may come into sight, or go out of it.
    async fn change_line(&mut self, delivery: &Delivery) -> Result<Option<Bytes>, ApiError> {
        let Some(entry) = delivery.event.shown(delivery.kind) else {
            return Ok(None);
        };
        let mut object = entry.object(&self.stored.in_store()?.cache.form)?;
        object["metadata"]["resourceVersion"] = delivery.event.revision.to_string().into();
        let name = entry.name();
        let (was_visible, sees) = (self.visible.contains(name), self.handler.sees(&self.cx, &object).await);
        let kind = match (was_visible, sees) {
            (false, false) => return Ok(None),
            // What may not be seen any more is gone for its watcher, as what is gone.
            (true, false) => EventKind::Deleted,
            (true, true) if delivery.kind == EventKind::Added => EventKind::Modified,
            // A watch that resumes was told of it before, or learns of it now.
            (_, true) => delivery.kind,
        };
        match kind {
            EventKind::Deleted => self.visible.remove(name),
            EventKind::Added | EventKind::Modified => self.visible.insert(name.to_owned()),
        };
        self.rendered(kind, &object).map(Some)
    }

    fn rendered(&mut self, kind: EventKind, stored: &Object) -> Result<Bytes, ApiError> {
        let shown = (self.show)(stored);
        let (item, now) = (Item::Object(&shown), self.core.now());
        let object = self.representation.single(&self.served, item, now, self.columns_sent)?;
        self.columns_sent = true;
        Ok(object_line(kind, &object))
    }

    fn bookmark_line(&self, revision: u64, initial_events_end: bool) -> Bytes {
        let object = self.representation.bookmark(&self.served, revision, initial_events_end);
        event_line("BOOKMARK", &object)
    }
}
