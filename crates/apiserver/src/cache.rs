//! The watch cache of one resource: what is stored now, the last changes, and who watches.
//!
//! ```text
//! store.watch -> feed -> Cache::apply -> entries            <- get, list
//!                                     -> recent changes     <- watches that resume
//!                                     -> every watcher's own bounded queue
//! ```
//!
//! An object is encoded once per revision and decoded only where its content matters. Watchers share encodings.

mod entries;
mod entry;
mod event;
mod feed;
mod form;
mod recent;
mod subscription;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use weir_store::{Change, Record};

pub(crate) use entries::EntryRange;
pub(crate) use entry::{Entry, Unreadable};
pub(crate) use event::{Event, EventKind, write_line};
pub(crate) use feed::{Feed, ROOT};
pub(crate) use form::Form;
pub(crate) use subscription::{Delivery, Filter, Signal, Start, Subscription};

use entries::Entries;
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
    entries: Entries,
    /// Of the last change that was applied here.
    revision: u64,
    recent: Recent,
}

/// A consistent view of a range of keys. Holding it costs next to nothing.
pub(crate) struct Snapshot {
    /// Those whose keys rule them in; the selectors are still to be asked.
    pub entries: EntryRange,
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
        match filter.only_namespace() {
            Some(namespace) => format!("{}{namespace}/", self.prefix),
            None => self.prefix.clone(),
        }
    }

    /// What may match `filter`, after the key `after`. `applied` is a revision that all caches have reached.
    pub fn snapshot(&self, filter: &Filter, after: Option<&str>, applied: u64) -> Snapshot {
        let state = self.read();
        Snapshot {
            entries: self.select(&state, filter, after),
            revision: state.revision.max(applied),
            changed_at: state.revision,
        }
    }

    fn select(&self, state: &State, filter: &Filter, after: Option<&str>) -> EntryRange {
        let range = self.range(filter);
        match (filter.only_namespace(), filter.fields.required("metadata.name")) {
            (Some(_), Some(name)) => {
                let entry = state.entries.get(&format!("{range}{name}")).cloned();
                let entry = entry.filter(|entry| after.is_none_or(|after| &*entry.key > after));
                entry.map(EntryRange::of_one).unwrap_or_default()
            }
            _ => state.entries.range(&range, after),
        }
    }

    /// Starts over from a listing: whoever watches has missed something and is told to list again. `history` are the
    /// changes that led to the listing, after a revision, for those who resume.
    fn reset(&self, records: Vec<Record>, revision: u64, (history, after): (Vec<Change>, u64)) {
        let entries = Entries::from_sorted(records.into_iter().map(|record| Arc::new(Entry::from(record))));
        let mut recent = Recent::starting_at(after);
        for change in history {
            recent.push(Arc::new(remembered(change, &entries)));
        }
        *self.write() = State {
            entries,
            revision,
            recent,
        };
        self.locked_watchers().expire();
    }

    /// Ends all watches, because the server goes away.
    pub fn end_watches(&self) {
        self.locked_watchers().end();
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
            Some(entry) => self.entries.insert(entry.clone()),
            None => self.entries.remove(&change.key),
        };
        let previous = known.or_else(|| change.previous.map(|record| Arc::new(Entry::from(record))));
        self.revision = change.revision.0;
        let event = Arc::new(Event::new(change.revision.0, current, previous));
        self.recent.push(event.clone());
        event
    }
}

/// A change of the past. What is still current is shared with the entries.
fn remembered(change: Change, entries: &Entries) -> Event {
    let entry = |record: Record| {
        let current = entries.get(&record.key);
        let same = current.filter(|entry| entry.revision == record.modified.0);
        same.cloned().unwrap_or_else(|| Arc::new(Entry::from(record)))
    };
    Event::new(change.revision.0, change.current.map(entry), change.previous.map(entry))
}
