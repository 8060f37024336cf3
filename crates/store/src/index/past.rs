//! What an index still knows of the past.

use std::collections::BTreeMap;

use super::Index;
use crate::{Past, Range, ReadError, Record, Revision, Watch, WatchError};

impl Index {
    /// Every change under `prefix` after `from`: first what history holds, then live, with no gap in between.
    pub fn watch(&mut self, prefix: &str, from: Revision) -> Result<Watch, WatchError> {
        let start = self.start_of_history(from)?;
        let missed = self
            .history
            .range(start..)
            .filter(|change| change.key.starts_with(prefix));
        Ok(self.watchers.add(prefix, missed.cloned().collect()))
    }

    /// The changes under `prefix` after `from`, looking at about `limit` changes of all keys.
    pub fn changes(&self, prefix: &str, from: Revision, limit: usize) -> Result<Past, WatchError> {
        let start = self.start_of_history(from)?;
        let looked_at = self.history.range(start..).take(limit.max(1));
        let Some(last) = looked_at.last().map(|change| change.revision) else {
            return Ok(Past {
                changes: Vec::new(),
                complete_to: self.revision,
            });
        };
        let whole = self.history.range(start..).take_while(|change| change.revision <= last);
        Ok(Past {
            changes: whole.filter(|change| change.key.starts_with(prefix)).cloned().collect(),
            complete_to: last,
        })
    }

    /// Where the changes after `from` begin.
    fn start_of_history(&self, from: Revision) -> Result<usize, WatchError> {
        if from < self.compacted {
            return Err(WatchError::Compacted {
                wanted: from,
                oldest: self.compacted,
            });
        }
        Ok(self.history.partition_point(|change| change.revision <= from))
    }

    /// `None` when the current state answers; the revision to go back to otherwise.
    pub(super) fn past(&self, at: Option<Revision>) -> Result<Option<Revision>, ReadError> {
        match at {
            Some(at) if at > self.revision => Err(ReadError::Future {
                wanted: at,
                newest: self.revision,
            }),
            Some(at) if at < self.compacted => Err(ReadError::Compacted {
                wanted: at,
                oldest: self.compacted,
            }),
            Some(at) if at < self.revision => Ok(Some(at)),
            _ => Ok(None),
        }
    }

    /// What the keys of `range` that changed after `at` held then.
    pub(super) fn undone<'a>(&'a self, range: &Range, at: Revision) -> BTreeMap<&'a str, Option<&'a Record>> {
        let start = self.history.partition_point(|change| change.revision <= at);
        let mut undone = BTreeMap::new();
        for change in self.history.range(start..).filter(|change| is_in(range, &change.key)) {
            undone.entry(&*change.key).or_insert(change.previous.as_ref());
        }
        undone
    }

    /// The current records of `range` with those of `undone` in their place, in key order.
    pub(super) fn merged<'a>(
        &'a self,
        range: &'a Range,
        undone: &'a BTreeMap<&'a str, Option<&'a Record>>,
    ) -> impl Iterator<Item = &'a Record> {
        let untouched = |record: &&Record| !undone.contains_key(&*record.key);
        let mut current = self.current_under(range).filter(untouched).peekable();
        let mut past = undone.values().filter_map(|record| *record).peekable();
        std::iter::from_fn(move || match (current.peek(), past.peek()) {
            (Some(here), Some(there)) if here.key < there.key => current.next(),
            (Some(_), None) => current.next(),
            (_, Some(_)) => past.next(),
            (None, None) => None,
        })
    }
}

fn is_in(range: &Range, key: &str) -> bool {
    key.starts_with(&range.prefix) && range.after.as_deref().is_none_or(|after| key > after)
}
