use std::sync::Arc;

use weir_store::Record;

use crate::cache::{Cache, Entry, EntryRange, Filter, Unreadable};

/// Entries that are looked at before other requests get a turn: the first look into an object decodes it.
const TURN: usize = 256;

/// Where entries come from: all in key order, at one revision.
pub(crate) enum Candidates {
    Cached(EntryRange),
    Past {
        entries: std::vec::IntoIter<Arc<Entry>>,
        /// How many follow that were not read.
        unread: usize,
    },
}

/// The entries that match a filter, found as they are asked for.
pub(crate) struct Matching {
    candidates: Candidates,
    filter: Filter,
    cache: Arc<Cache>,
    looked_at: usize,
}

impl Candidates {
    pub fn past(records: Vec<Record>, unread: usize) -> Self {
        let entries: Vec<_> = records
            .into_iter()
            .map(|record| Arc::new(Entry::from(record)))
            .collect();
        Self::Past {
            entries: entries.into_iter(),
            unread,
        }
    }

    /// How many are left, read or not.
    pub fn len(&self) -> usize {
        match self {
            Self::Cached(range) => range.len(),
            Self::Past { entries, unread } => entries.len() + unread,
        }
    }

    fn next(&mut self) -> Option<Arc<Entry>> {
        match self {
            Self::Cached(range) => range.next(),
            Self::Past { entries, .. } => entries.next(),
        }
    }
}

impl Matching {
    pub fn new(candidates: Candidates, filter: &Filter, cache: &Arc<Cache>) -> Self {
        Self {
            candidates,
            filter: filter.clone(),
            cache: cache.clone(),
            looked_at: 0,
        }
    }

    /// Of a list that was matched already.
    pub fn all(entries: Vec<Arc<Entry>>, cache: &Arc<Cache>) -> Self {
        let candidates = Candidates::Past {
            entries: entries.into_iter(),
            unread: 0,
        };
        Self::new(candidates, &Filter::default(), cache)
    }

    pub async fn next(&mut self) -> Result<Option<Arc<Entry>>, Unreadable> {
        while let Some(entry) = self.candidates.next() {
            self.looked_at += 1;
            if self.looked_at.is_multiple_of(TURN) {
                tokio::task::yield_now().await;
            }
            if self.filter.matches(&entry, &self.cache.form)? {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// All that are left.
    pub async fn rest(&mut self) -> Result<Vec<Arc<Entry>>, Unreadable> {
        let mut entries = Vec::new();
        while let Some(entry) = self.next().await? {
            entries.push(entry);
        }
        Ok(entries)
    }
}
