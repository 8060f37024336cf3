use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::sync::mpsc;

use super::{Cache, Entry, EntryRange, Event, EventKind, Form, Unreadable};
use crate::selector::{FieldSelector, LabelSelector};

/// Changes that may wait for one slow reader, by the size of their objects. A reader further behind is cut off: it
/// resumes from the last revision it saw, or lists again.
const MAX_QUEUED: usize = 1 << 20;
/// The same as a number, for changes of tiny objects.
const MAX_QUEUED_EVENTS: usize = 10_000;

/// Which objects somebody looks at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// `None`: all.
    pub namespace: Option<String>,
    pub labels: LabelSelector,
    pub fields: FieldSelector,
}

impl Filter {
    pub fn selects_all_of_its_namespace(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// The namespace that all selected objects are in, if there is only one.
    pub fn only_namespace(&self) -> Option<&str> {
        let required = || {
            self.fields
                .required("metadata.namespace")
                .filter(|namespace| !namespace.is_empty())
        };
        self.namespace.as_deref().or_else(required)
    }

    /// `false` when namespace and name alone rule the object out, without a look into it.
    pub fn admits(&self, entry: &Entry) -> bool {
        let is = |wanted: Option<&str>, found: &str| wanted.is_none_or(|wanted| wanted == found);
        is(self.namespace.as_deref(), entry.namespace())
            && is(self.fields.required("metadata.namespace"), entry.namespace())
            && is(self.fields.required("metadata.name"), entry.name())
    }

    pub fn matches(&self, entry: &Entry, form: &Form) -> Result<bool, Unreadable> {
        if !self.admits(entry) {
            return Ok(false);
        }
        if self.selects_all_of_its_namespace() {
            return Ok(true);
        }
        // Whether the object can be read is decided first, so that the closures below need not ask.
        if !self.labels.is_empty() {
            entry.label("")?;
        }
        if !self.labels.matches(|key| entry.label(key).ok().flatten()) {
            return Ok(false);
        }
        for field in self.fields.fields() {
            entry.field(form, field)?;
        }
        Ok(self
            .fields
            .matches(|field| entry.field(form, field).unwrap_or_default()))
    }
}

/// A change on its way to one watcher.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub kind: EventKind,
    pub event: Arc<Event>,
}

pub(crate) enum Signal {
    Change(Delivery),
    /// Changes were missed; the watcher must list again.
    Expired,
}

/// One watcher's side of the cache. Dropping it ends the watch.
pub(crate) struct Subscription {
    /// What exists at [`Subscription::revision`], if it was asked for. Asking the selectors is left to the reader, so
    /// that nobody waits for it.
    pub initial: EntryRange,
    /// Changes between the asked revision and now.
    pub missed: Vec<Delivery>,
    pub revision: u64,
    receiver: mpsc::UnboundedReceiver<Signal>, // bounded by `MAX_QUEUED`: the sender counts
    queued: Arc<AtomicUsize>,
    id: u64,
    cache: Arc<Cache>,
}

/// Where a watch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// After this revision.
    After(u64),
    /// Now, with everything that matches.
    WithCurrent,
    /// Now, with nothing.
    Now,
}

impl Cache {
    /// `None`: the cache does not remember the changes since then. `applied` is a revision all caches have reached.
    pub fn subscribe(
        self: &Arc<Self>,
        filter: &Filter,
        start: Start,
        applied: u64,
    ) -> Result<Option<Subscription>, Unreadable> {
        // The lock keeps changes that are applied but not yet dispatched from being dispatched twice to this watcher.
        let mut watchers = self.locked_watchers();
        let state = self.read();
        let mut initial = EntryRange::default();
        let mut missed = Vec::new();
        match start {
            Start::Now => {}
            Start::WithCurrent => initial = self.select(&state, filter, None),
            Start::After(revision) => {
                let Some(events) = state.recent.after(revision) else {
                    return Ok(None);
                };
                for event in events {
                    let kind = event.kind_for(|entry| filter.matches(entry, &self.form))?;
                    missed.extend(kind.map(|kind| Delivery { kind, event }));
                }
            }
        }
        let known = match start {
            // The reader may know more than this cache does yet.
            Start::After(revision) => state.revision.max(revision),
            Start::WithCurrent | Start::Now => state.revision,
        };
        drop(state);
        let (sender, receiver) = mpsc::unbounded_channel();
        let queued = Arc::new(AtomicUsize::new(0));
        let id = watchers.add(Watcher {
            filter: filter.clone(),
            known,
            sender,
            queued: queued.clone(),
        });
        Ok(Some(Subscription {
            initial,
            missed,
            revision: known.max(applied),
            receiver,
            queued,
            id,
            cache: self.clone(),
        }))
    }
}

impl Subscription {
    /// The next change; `None` when the watcher was cut off.
    pub async fn next(&mut self) -> Option<Signal> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Signal>> {
        self.receiver.poll_recv(cx).map(|signal| self.count(signal))
    }

    /// A change that is already there.
    pub fn try_next(&mut self) -> Option<Signal> {
        let signal = self.receiver.try_recv().ok();
        self.count(signal)
    }

    fn count(&self, signal: Option<Signal>) -> Option<Signal> {
        if let Some(Signal::Change(delivery)) = &signal {
            self.queued.fetch_sub(cost(&delivery.event), Ordering::AcqRel);
        }
        signal
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.cache.locked_watchers().remove(self.id);
    }
}

/// Everybody who watches one resource.
#[derive(Default)]
pub(super) struct Watchers {
    watchers: BTreeMap<u64, Watcher>,
    next_id: u64,
    /// Whoever comes now is told at once that there will be nothing.
    ended: bool,
}

struct Watcher {
    filter: Filter,
    /// Changes up to this revision were handed over when it subscribed.
    known: u64,
    sender: mpsc::UnboundedSender<Signal>,
    queued: Arc<AtomicUsize>,
}

impl Watchers {
    pub fn dispatch(&mut self, event: &Arc<Event>, form: &Form) {
        self.watchers.retain(|_, watcher| watcher.offer(event, form));
    }

    pub fn expire(&mut self) {
        for (_, watcher) in std::mem::take(&mut self.watchers) {
            // A watcher that is gone already needs no word.
            let _ = watcher.sender.send(Signal::Expired);
        }
    }

    /// Ends all watches, without a word, and those that begin from now on.
    pub fn end(&mut self) {
        self.ended = true;
        self.watchers.clear();
    }

    fn add(&mut self, watcher: Watcher) -> u64 {
        self.next_id += 1;
        if !self.ended {
            self.watchers.insert(self.next_id, watcher);
        }
        self.next_id
    }

    fn remove(&mut self, id: u64) {
        self.watchers.remove(&id);
    }
}

impl Watcher {
    /// `false` when the watcher has to go.
    fn offer(&mut self, event: &Arc<Event>, form: &Form) -> bool {
        if event.revision <= self.known {
            return true;
        }
        let kind = match event.kind_for(|entry| self.filter.matches(entry, form)) {
            Ok(Some(kind)) => kind,
            Ok(None) => return true,
            Err(error) => {
                tracing::error!(%error, "a watch ends because a change cannot be shown");
                return false;
            }
        };
        let cost = cost(event);
        if self.queued.fetch_add(cost, Ordering::AcqRel) + cost > MAX_QUEUED.max(cost) {
            tracing::debug!("a watch ends because its reader is too slow");
            return false;
        }
        self.sender
            .send(Signal::Change(Delivery {
                kind,
                event: event.clone(),
            }))
            .is_ok()
    }
}

/// What a queued change counts: its object, and at least so much that the number of changes is bounded too.
fn cost(event: &Event) -> usize {
    event.len().max(MAX_QUEUED / MAX_QUEUED_EVENTS)
}
