use std::collections::VecDeque;
use std::sync::Arc;

use futures::StreamExt;
use weir_store::{Change, Revision, Watch, WatchError};

use super::WatchOptions;
use crate::ApiError;
use crate::cache::{Cache, Delivery, Entry, Event, Filter, Form, Signal, Start, Subscription, Unreadable};
use crate::catalog::Served;
use crate::core::Core;

/// Where the changes of a watch come from.
pub(super) enum Source {
    /// The cache: shared encodings, pushed.
    Live(Subscription),
    /// The store's own history, for watches that resume from long ago.
    History(History),
    /// The revision to resume from is no longer known.
    Expired(ApiError),
}

impl Source {
    pub async fn open(core: &Core, served: &Served, options: &WatchOptions) -> Result<Self, ApiError> {
        let cache = &served.in_store()?.cache;
        let applied = core.feed.applied();
        match (cache.subscribe(&options.filter, options.start, applied)?, options.start) {
            (Some(subscription), _) => Ok(Self::Live(subscription)),
            (None, Start::After(revision)) => {
                let prefix = cache.range(&options.filter);
                match core.store.watch(&prefix, Revision(revision)).await {
                    Ok(changes) => Ok(Self::History(History::new(changes, revision, cache, &options.filter))),
                    Err(WatchError::Compacted { wanted, oldest }) => Ok(Self::Expired(ApiError::expired(format!(
                        "too old resource version: {} ({})",
                        wanted.0, oldest.0
                    )))),
                    Err(error) => Err(ApiError::service_unavailable(error)),
                }
            }
            (None, _) => Err(ApiError::internal("the cache does not know its present")),
        }
    }

    /// The next change; `None` when there will be no more.
    pub async fn next(&mut self) -> Option<Signal> {
        match self {
            Self::Live(subscription) => subscription.next().await,
            Self::History(history) => history.next().await,
            Self::Expired(_) => None,
        }
    }

    /// A change that is already there.
    pub fn try_next(&mut self) -> Option<Signal> {
        match self {
            Self::Live(subscription) => subscription.try_next(),
            Self::History(history) => history.ready.pop_front().map(Signal::Change),
            Self::Expired(_) => None,
        }
    }

    /// A revision up to which everything was delivered once `try_next` has nothing. `applied` is what the caches had
    /// reached before that was asked.
    pub fn complete_to(&self, applied: u64) -> u64 {
        match self {
            Self::Live(_) => applied,
            Self::History(history) => history.revision,
            Self::Expired(_) => 0,
        }
    }
}

pub(super) struct History {
    changes: Watch,
    ready: VecDeque<Delivery>,
    revision: u64,
    cache: Arc<Cache>,
    filter: Filter,
}

impl History {
    fn new(changes: Watch, revision: u64, cache: &Arc<Cache>, filter: &Filter) -> Self {
        Self {
            changes,
            ready: VecDeque::new(),
            revision,
            cache: cache.clone(),
            filter: filter.clone(),
        }
    }

    async fn next(&mut self) -> Option<Signal> {
        loop {
            if let Some(delivery) = self.ready.pop_front() {
                return Some(Signal::Change(delivery));
            }
            match self.changes.next().await? {
                Ok(changes) => {
                    for change in changes {
                        self.revision = change.revision.0;
                        match delivery(change, &self.filter, &self.cache.form) {
                            Ok(delivery) => self.ready.extend(delivery),
                            Err(error) => {
                                tracing::error!(%error, "a watch ends because a change cannot be shown");
                                return None;
                            }
                        }
                    }
                }
                Err(WatchError::Closed) => return None,
                Err(WatchError::Compacted { .. } | WatchError::Lagged) => return Some(Signal::Expired),
            }
        }
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
