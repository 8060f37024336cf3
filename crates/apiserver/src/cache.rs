//! The watch cache of one resource: what is stored now, the last changes, and who watches.
//!
//! ```text
//! store.watch -> feed -> Cache::apply -> entries            <- get, list
//!                                     -> recent changes     <- watches that resume
//!                                     -> every watcher's own bounded queue
//! ```
//!
//! An object is encoded once per revision and decoded only where its content matters. Watchers share encodings.

mod entry;
mod event;
mod feed;
mod form;
mod recent;
mod subscription;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use weir_store::{Change, Record};

pub(crate) use entry::{Entry, Unreadable};
pub(crate) use event::{Event, EventKind, encode_line};
pub(crate) use feed::{Feed, ROOT};
pub(crate) use form::Form;
pub(crate) use subscription::{Delivery, Filter, Signal, Start, Subscription};

use recent::Recent;
use subscription::Watchers;

pub(crate) struct Cache {
    pub form: Form,
    /// `/registry/GROUP/PLURAL/`, what all keys start with.
    pub prefix: String,
    state: RwLock<State>,
    watchers: Mutex<Watchers>,
}

#[derive(Default)]
struct State {
    entries: BTreeMap<Arc<str>, Arc<Entry>>,
    /// Of the last change that was applied here.
    revision: u64,
    recent: Recent,
}

/// A consistent view of a range of keys.
pub(crate) struct Snapshot {
    pub entries: Vec<Arc<Entry>>,
    pub revision: u64,
    /// Of the last change of this resource; older than that, only the store knows.
    pub changed_at: u64,
}

impl Cache {
    pub fn new(prefix: String, form: Form) -> Self {
        Self {
            form,
            prefix,
            state: RwLock::default(),
            watchers: Mutex::default(),
        }
    }

    pub fn get(&self, key: &str) -> Option<Arc<Entry>> {
        self.read().entries.get(key).cloned()
    }

    /// What keys of a selection start with.
    pub fn range(&self, filter: &Filter) -> String {
        match &filter.namespace {
            Some(namespace) => format!("{}{namespace}/", self.prefix),
            None => self.prefix.clone(),
        }
    }

    /// All entries that [`Filter::admits`]. `applied` is a revision that all caches have reached.
    pub fn snapshot(&self, filter: &Filter, applied: u64) -> Snapshot {
        let state = self.read();
        Snapshot {
            entries: self.admitted(&state, filter),
            revision: state.revision.max(applied),
            changed_at: state.revision,
        }
    }

    /// Without a look into objects, which may have to be decoded for it: nobody waits for that under the lock.
    fn admitted(&self, state: &State, filter: &Filter) -> Vec<Arc<Entry>> {
        let range = self.range(filter);
        if let (Some(_), Some(name)) = (&filter.namespace, filter.fields.required("metadata.name")) {
            let entry = state.entries.get(format!("{range}{name}").as_str());
            return entry
                .into_iter()
                .filter(|entry| filter.admits(entry))
                .cloned()
                .collect();
        }
        let entries = state
            .entries
            .range::<str, _>((Bound::Included(range.as_str()), Bound::Unbounded));
        let entries = entries
            .take_while(|(key, _)| key.starts_with(&range))
            .map(|(_, entry)| entry);
        if filter.fields.is_empty() {
            return entries.cloned().collect();
        }
        entries.filter(|entry| filter.admits(entry)).cloned().collect()
    }

    /// Starts over from a listing: whoever watches has missed something and is told to list again.
    fn reset(&self, records: Vec<Record>, revision: u64) {
        let entries = records
            .into_iter()
            .map(Entry::from)
            .map(|entry| (entry.key.clone(), Arc::new(entry)));
        let entries = entries.collect();
        *self.write() = State {
            entries,
            revision,
            recent: Recent::starting_at(revision),
        };
        self.locked_watchers().expire();
    }

    /// Applies changes that belong together: readers see all of them or none.
    fn apply(&self, changes: Vec<Change>) {
        let events: Vec<Arc<Event>> = {
            let mut state = self.write();
            changes.into_iter().map(|change| state.apply(change)).collect()
        };
        let mut watchers = self.locked_watchers();
        for event in &events {
            watchers.dispatch(event, &self.form);
        }
    }

    /// What a panic left behind is whole: entries are replaced, never changed in place.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn locked_watchers(&self) -> MutexGuard<'_, Watchers> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn apply(&mut self, change: Change) -> Arc<Event> {
        let current = change.current.map(|record| Arc::new(Entry::from(record)));
        let known = match &current {
            Some(entry) => self.entries.insert(entry.key.clone(), entry.clone()),
            None => self.entries.remove(&change.key),
        };
        let previous = known.or_else(|| change.previous.map(|record| Arc::new(Entry::from(record))));
        self.revision = change.revision.0;
        let event = Arc::new(Event::new(change.revision.0, current, previous));
        self.recent.push(event.clone());
        event
    }
}
