mod past;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use crate::watchers::Watchers;
use crate::{Change, CommitError, Expect, Listing, Range, ReadError, Record, Revision, Write};

/// How much history an [`Index`] keeps for watchers and for lists at older revisions.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Changes kept; a watcher that resumes within so many changes misses nothing.
    pub changes: usize,
    /// Bytes of values that only history still holds.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            changes: 100_000,
            // As many changes of objects of 2 KiB.
            bytes: 256 << 20,
        }
    }
}

/// All current records and recent changes in memory, with the watchers that follow them. It decides what a commit does;
/// whether the commit is also on a disk is the business of the backend that owns the index.
pub struct Index {
    revision: Revision,
    compacted: Revision,
    current: BTreeMap<Arc<str>, Record>,
    history: VecDeque<Change>,
    history_bytes: usize,
    limits: Limits,
    watchers: Watchers,
}

/// Commits that were checked and numbered but are not visible yet: later commits of the same batch see them, nobody
/// else does. Dropping it forgets them.
#[derive(Default)]
pub struct Pending {
    changes: Vec<Change>,
    overlay: HashMap<Arc<str>, Option<Record>>,
}

impl Pending {
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// What [`Index::apply`] left behind.
#[derive(Debug, Default)]
pub struct Applied {
    /// Records that neither the current state nor history needs any more, by key and the revision that wrote them.
    pub forgotten: Vec<(Arc<str>, Revision)>,
}

impl Index {
    pub fn new(limits: Limits) -> Self {
        Self {
            revision: Revision(0),
            compacted: Revision(0),
            current: BTreeMap::new(),
            history: VecDeque::new(),
            history_bytes: 0,
            limits,
            watchers: Watchers::default(),
        }
    }

    /// An index that goes on where a backend left off: `changes` are all stored changes in revision order.
    pub fn restore(
        limits: Limits,
        revision: Revision,
        compacted: Revision,
        changes: impl Iterator<Item = RestoredChange>,
    ) -> Self {
        let mut index = Self::new(limits);
        index.compacted = compacted;
        for change in changes {
            index.restore_change(change);
        }
        index.revision = index.revision.max(revision);
        index
    }

    fn restore_change(&mut self, restored: RestoredChange) {
        let previous = match &restored.current {
            Some(record) => self.current.insert(restored.key.clone(), record.clone()),
            None => self.current.remove(&restored.key),
        };
        self.revision = self.revision.max(restored.revision);
        if restored.revision > self.compacted {
            self.remember(Change {
                revision: restored.revision,
                key: restored.key,
                current: restored.current,
                previous,
            });
        }
    }

    pub fn revision(&self) -> Revision {
        self.revision
    }

    pub fn compacted(&self) -> Revision {
        self.compacted
    }

    pub fn len(&self) -> usize {
        self.current.len()
    }

    pub fn is_empty(&self) -> bool {
        self.current.is_empty()
    }

    pub fn get(&self, key: &str, at: Option<Revision>) -> Result<Option<Record>, ReadError> {
        let Some(at) = self.past(at)? else {
            return Ok(self.current.get(key).cloned());
        };
        let undone = self
            .history
            .iter()
            .find(|change| change.revision > at && &*change.key == key);
        Ok(match undone {
            Some(change) => change.previous.clone(),
            None => self.current.get(key).cloned(),
        })
    }

    pub fn list(&self, range: &Range, at: Option<Revision>) -> Result<Listing, ReadError> {
        let limit = range.limit.unwrap_or(usize::MAX);
        match self.past(at)? {
            None => Ok(page(self.current_under(range), limit, self.revision)),
            Some(at) => {
                let undone = self.undone(range, at);
                Ok(page(self.merged(range, &undone), limit, at))
            }
        }
    }

    /// Checks one commit against the state and what is pending before it, and gives it the next revision.
    pub fn prepare(&self, pending: &mut Pending, writes: Vec<Write>) -> Result<Revision, CommitError> {
        for (index, write) in writes.iter().enumerate() {
            let found = self.visible(pending, &write.key);
            if !meets(write.expect, found) {
                return Err(CommitError::Conflict {
                    index,
                    found: found.cloned(),
                });
            }
        }
        let last = pending.changes.last().map_or(self.revision, |change| change.revision);
        let revision = Revision(last.0 + 1);
        for write in writes {
            self.stage(pending, revision, write);
        }
        Ok(revision)
    }

    fn stage(&self, pending: &mut Pending, revision: Revision, write: Write) {
        let previous = self.visible(pending, &write.key).cloned();
        let key: Arc<str> = previous
            .as_ref()
            .map_or_else(|| write.key.into(), |record| record.key.clone());
        let current = write.value.map(|value| Record {
            key: key.clone(),
            value,
            created: previous.as_ref().map_or(revision, |record| record.created),
            modified: revision,
        });
        pending.overlay.insert(key.clone(), current.clone());
        pending.changes.push(Change {
            revision,
            key,
            current,
            previous,
        });
    }

    fn visible<'a>(&'a self, pending: &'a Pending, key: &str) -> Option<&'a Record> {
        match pending.overlay.get(key) {
            Some(staged) => staged.as_ref(),
            None => self.current.get(key),
        }
    }

    /// Makes pending commits visible, wakes watchers, and trims history to its limits.
    pub fn apply(&mut self, pending: Pending) -> Applied {
        for change in &pending.changes {
            match &change.current {
                Some(record) => self.current.insert(change.key.clone(), record.clone()),
                None => self.current.remove(&change.key),
            };
            self.revision = change.revision;
        }
        self.watchers.publish(&pending.changes);
        for change in pending.changes {
            self.remember(change);
        }
        self.trim()
    }

    fn remember(&mut self, change: Change) {
        self.history_bytes += history_size(&change);
        self.history.push_back(change);
    }

    fn trim(&mut self) -> Applied {
        let mut applied = Applied::default();
        while self.history.len() > self.limits.changes || self.history_bytes > self.limits.bytes {
            let Some(revision) = self.history.front().map(|change| change.revision) else {
                break;
            };
            self.forget_through(revision, &mut applied);
        }
        applied
    }

    /// Forgets history up to and including `upto`.
    pub fn compact(&mut self, upto: Revision) -> Result<Applied, ReadError> {
        if upto > self.revision {
            return Err(ReadError::Future {
                wanted: upto,
                newest: self.revision,
            });
        }
        let mut applied = Applied::default();
        self.forget_through(upto, &mut applied);
        self.compacted = self.compacted.max(upto);
        Ok(applied)
    }

    /// Drops whole commits only, so that history never starts in the middle of one.
    fn forget_through(&mut self, upto: Revision, applied: &mut Applied) {
        while self.history.front().is_some_and(|change| change.revision <= upto) {
            let Some(change) = self.history.pop_front() else {
                break;
            };
            self.history_bytes -= history_size(&change);
            self.compacted = self.compacted.max(change.revision);
            if let Some(previous) = change.previous {
                applied.forgotten.push((previous.key, previous.modified));
            }
            if change.current.is_none() {
                applied.forgotten.push((change.key, change.revision));
            }
        }
    }

    /// Ends every watch; used when the backend closes.
    pub fn close(&mut self) {
        self.watchers.close();
    }

    fn current_under<'a>(&'a self, range: &'a Range) -> impl Iterator<Item = &'a Record> {
        self.current
            .range::<str, _>((start_of(range), Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(&range.prefix))
            .map(|(_, record)| record)
    }
}

/// One stored change as a backend reads it back at start.
#[derive(Clone, Debug)]
pub struct RestoredChange {
    pub revision: Revision,
    pub key: Arc<str>,
    pub current: Option<Record>,
}

fn meets(expect: Expect, found: Option<&Record>) -> bool {
    match (expect, found) {
        (Expect::Absent, found) => found.is_none(),
        (Expect::Modified(revision), Some(found)) => found.modified == revision,
        (Expect::Modified(_), None) => false,
    }
}

fn start_of(range: &Range) -> Bound<&str> {
    match &range.after {
        Some(after) if after.as_str() >= range.prefix.as_str() => Bound::Excluded(after),
        _ => Bound::Included(&range.prefix),
    }
}

fn page<'a>(records: impl Iterator<Item = &'a Record>, limit: usize, revision: Revision) -> Listing {
    let mut records = records;
    let taken = records.by_ref().take(limit).cloned().collect();
    Listing {
        records: taken,
        revision,
        remaining: records.count(),
    }
}

/// Bytes that stay in memory only because history remembers them.
fn history_size(change: &Change) -> usize {
    change.previous.as_ref().map_or(0, |record| record.value.len()) + change.key.len()
}
