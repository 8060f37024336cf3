use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::FutureExt;
use futures::future::BoxFuture;
use weir_store::{Change, Past, Revision, WatchError};

use super::WatchOptions;
use crate::ApiError;
use crate::cache::{Cache, Delivery, Entry, EntryRange, Event, Filter, Form, Signal, Start, Subscription, Unreadable};
use crate::catalog::Served;
use crate::core::Core;

/// Changes of the store's history that are looked at in one go by a watch that resumes from long ago.
const PIECE: usize = 1_024;

/// Where the changes of a watch come from: from the store's history, piece by piece at the reader's pace, until the
/// cache knows all that follows.
pub(super) struct Source {
    core: Arc<Core>,
    cache: Arc<Cache>,
    filter: Filter,
    /// Changes that come before those of `state`.
    ready: VecDeque<Delivery>,
    state: State,
}

enum State {
    /// The cache: shared encodings, pushed.
    Live(Subscription),
    /// The store's history, read up to this revision.
    Past(u64),
    /// More of the history is on its way.
    Reading(BoxFuture<'static, Result<Past, WatchError>>),
    /// Changes are missing.
    Expired(ApiError),
}

/// What a watch has to tell next.
pub(super) enum Step {
    Change(Delivery),
    /// The client must list again.
    Expired(ApiError),
}

impl Source {
    pub async fn open(core: &Arc<Core>, served: &Served, options: &WatchOptions) -> Result<Self, ApiError> {
        let mut source = Self {
            core: core.clone(),
            cache: served.in_store()?.cache.clone(),
            filter: options.filter.clone(),
            ready: VecDeque::new(),
            state: State::Past(0),
        };
        if !source.go_live(options.start)? {
            let Start::After(revision) = options.start else {
                return Err(ApiError::internal("the cache does not know its present"));
            };
            let past = source.past(revision).await;
            source.take_past(past)?;
        }
        Ok(source)
    }

    /// What exists already, if it was asked for, and the revision of it.
    pub fn take_initial(&mut self) -> (EntryRange, u64) {
        match &mut self.state {
            State::Live(subscription) => (std::mem::take(&mut subscription.initial), subscription.revision),
            State::Past(_) | State::Reading(_) | State::Expired(_) => (EntryRange::default(), 0),
        }
    }

    /// The next step; `None` when there will be no more. Nothing is lost when this is given up half way.
    pub async fn next(&mut self) -> Option<Step> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        loop {
            if let Some(delivery) = self.ready.pop_front() {
                return Poll::Ready(Some(Step::Change(delivery)));
            }
            let went_on = match &mut self.state {
                State::Live(subscription) => return subscription.poll_next(cx).map(|signal| signal.map(step)),
                State::Expired(error) => return Poll::Ready(Some(Step::Expired(error.clone()))),
                State::Past(revision) => {
                    let revision = *revision;
                    self.go_on(revision)
                }
                State::Reading(past) => {
                    let past = ready!(past.poll_unpin(cx));
                    self.take_past(past)
                }
            };
            if let Err(error) = went_on {
                tracing::error!(%error, "a watch ends because a change cannot be shown");
                return Poll::Ready(None);
            }
        }
    }

    /// A step that need not be waited for.
    pub fn try_next(&mut self) -> Option<Step> {
        if let Some(delivery) = self.ready.pop_front() {
            return Some(Step::Change(delivery));
        }
        match &mut self.state {
            State::Live(subscription) => subscription.try_next().map(step),
            State::Past(_) | State::Reading(_) | State::Expired(_) => None,
        }
    }

    /// A revision up to which everything was delivered once `try_next` has nothing. `applied` is what the caches had
    /// reached before that was asked.
    pub fn complete_to(&self, applied: u64) -> u64 {
        match &self.state {
            State::Live(_) => applied,
            State::Past(revision) => *revision,
            State::Reading(_) | State::Expired(_) => 0,
        }
    }

    /// `false` when the cache does not remember the changes since `start`.
    fn go_live(&mut self, start: Start) -> Result<bool, Unreadable> {
        let Some(mut subscription) = self.cache.subscribe(&self.filter, start, self.core.feed.applied())? else {
            return Ok(false);
        };
        self.ready.extend(std::mem::take(&mut subscription.missed));
        self.state = State::Live(subscription);
        Ok(true)
    }

    fn go_on(&mut self, revision: u64) -> Result<(), ApiError> {
        if !self.go_live(Start::After(revision))? {
            self.state = State::Reading(self.past(revision));
        }
        Ok(())
    }

    /// A piece of the store's history.
    fn past(&self, revision: u64) -> BoxFuture<'static, Result<Past, WatchError>> {
        let (core, prefix) = (self.core.clone(), self.cache.range(&self.filter));
        async move { core.store.changes(&prefix, Revision(revision), PIECE).await }.boxed()
    }

    fn take_past(&mut self, past: Result<Past, WatchError>) -> Result<(), ApiError> {
        match past {
            Ok(past) => {
                for change in past.changes {
                    self.ready.extend(delivery(change, &self.filter, &self.cache.form)?);
                }
                self.state = State::Past(past.complete_to.0);
            }
            Err(WatchError::Compacted { wanted, oldest }) => {
                self.state = State::Expired(ApiError::expired(format!(
                    "too old resource version: {} ({})",
                    wanted.0, oldest.0
                )));
            }
            Err(error @ (WatchError::Lagged | WatchError::Closed)) => return Err(ApiError::service_unavailable(error)),
        }
        Ok(())
    }
}

fn step(signal: Signal) -> Step {
    match signal {
        Signal::Change(delivery) => Step::Change(delivery),
        Signal::Expired => Step::Expired(ApiError::expired(
            "changes were missed, because the server started over; list again",
        )),
    }
}

fn delivery(change: Change, filter: &Filter, form: &Form) -> Result<Option<Delivery>, Unreadable> {
    let entry = |record| Arc::new(Entry::from(record));
    let event = Event::new(change.revision.0, change.current.map(entry), change.previous.map(entry));
    let kind = event.kind_for(|entry| filter.matches(entry, form))?;
    Ok(kind.map(|kind| Delivery {
        kind,
        event: Arc::new(event),
    }))
}
