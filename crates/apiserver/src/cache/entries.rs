use std::sync::Arc;

use super::Entry;

/// Entries of one chunk at most. A change copies one chunk when a snapshot still holds it, and a snapshot copies one
/// pointer per chunk; this keeps both small for a hundred thousand entries.
const CHUNK: usize = 256;

/// Entries in the order of their keys. A clone is a snapshot: it costs a pointer per chunk and never changes.
#[derive(Clone, Default)]
pub(crate) struct Entries {
    /// None is empty.
    chunks: Vec<Arc<Vec<Arc<Entry>>>>,
}

/// Where an entry is, or where it would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Position {
    chunk: usize,
    index: usize,
}

impl Entries {
    pub fn from_sorted(entries: impl IntoIterator<Item = Arc<Entry>>) -> Self {
        let mut chunks = Vec::new();
        // Room is left in each chunk, so that the first changes do not split all of them.
        let mut chunk = Vec::with_capacity(CHUNK / 2);
        for entry in entries {
            if chunk.len() == CHUNK / 2 {
                chunks.push(Arc::new(std::mem::take(&mut chunk)));
            }
            chunk.push(entry);
        }
        if !chunk.is_empty() {
            chunks.push(Arc::new(chunk));
        }
        Self { chunks }
    }

    pub fn get(&self, key: &str) -> Option<&Arc<Entry>> {
        let position = self.lower_bound(key);
        self.at(position).filter(|entry| &*entry.key == key)
    }

    /// Puts an entry in its place and returns the one it replaces.
    pub fn insert(&mut self, entry: Arc<Entry>) -> Option<Arc<Entry>> {
        let position = self.lower_bound(&entry.key);
        if let Some(found) = self.at(position).filter(|found| found.key == entry.key) {
            let replaced = found.clone();
            Arc::make_mut(&mut self.chunks[position.chunk])[position.index] = entry;
            return Some(replaced);
        }
        // The end of a chunk is a better place than the start of the next: keys often arrive in their order.
        let position = match position.index {
            0 if position.chunk > 0 => Position {
                chunk: position.chunk - 1,
                index: self.chunks[position.chunk - 1].len(),
            },
            _ => position,
        };
        match self.chunks.get_mut(position.chunk) {
            Some(chunk) => Arc::make_mut(chunk).insert(position.index, entry),
            None => self.chunks.push(Arc::new(vec![entry])),
        }
        self.split(position);
        None
    }

    pub fn remove(&mut self, key: &str) -> Option<Arc<Entry>> {
        let position = self.lower_bound(key);
        self.at(position).filter(|found| &*found.key == key)?;
        let chunk = Arc::make_mut(&mut self.chunks[position.chunk]);
        let removed = chunk.remove(position.index);
        if chunk.is_empty() {
            self.chunks.remove(position.chunk);
        }
        Some(removed)
    }

    /// A snapshot of the entries whose keys start with `prefix` and come after `after`.
    pub fn range(&self, prefix: &str, after: Option<&str>) -> EntryRange {
        let start = match after {
            Some(after) if after >= prefix => self.position(|entry| &*entry.key <= after),
            _ => self.lower_bound(prefix),
        };
        let end = self.position(|entry| &*entry.key < prefix || entry.key.starts_with(prefix));
        if start >= end {
            return EntryRange::default();
        }
        EntryRange {
            chunks: self
                .chunks
                .get(start.chunk..self.chunks.len().min(end.chunk + 1))
                .unwrap_or_default()
                .to_vec(),
            next: Position {
                chunk: 0,
                index: start.index,
            },
            end: Position {
                chunk: end.chunk - start.chunk,
                index: end.index,
            },
        }
    }

    fn at(&self, position: Position) -> Option<&Arc<Entry>> {
        self.chunks.get(position.chunk)?.get(position.index)
    }

    fn lower_bound(&self, key: &str) -> Position {
        self.position(|entry| &*entry.key < key)
    }

    /// The first entry of which `before` is false; it is true for all entries up to there.
    fn position(&self, before: impl Fn(&Arc<Entry>) -> bool) -> Position {
        let chunk = self.chunks.partition_point(|chunk| chunk.last().is_some_and(&before));
        let index = self.chunks.get(chunk).map_or(0, |chunk| chunk.partition_point(before));
        Position { chunk, index }
    }

    /// Halves a chunk that an insertion made too long. One that grew at its end stays full: more in order will follow.
    fn split(&mut self, grown: Position) {
        let Some(chunk) = self.chunks.get_mut(grown.chunk).filter(|chunk| chunk.len() > CHUNK) else {
            return;
        };
        let chunk = Arc::make_mut(chunk);
        let kept = if grown.index == CHUNK { CHUNK } else { CHUNK / 2 };
        let tail = chunk.split_off(kept);
        self.chunks.insert(grown.chunk + 1, Arc::new(tail));
    }
}

/// Neighbouring entries of a snapshot, handed out one by one.
#[derive(Clone, Default)]
pub(crate) struct EntryRange {
    chunks: Vec<Arc<Vec<Arc<Entry>>>>,
    next: Position,
    end: Position,
}

impl EntryRange {
    pub fn of_one(entry: Arc<Entry>) -> Self {
        Self {
            chunks: vec![Arc::new(vec![entry])],
            next: Position::default(),
            end: Position { chunk: 1, index: 0 },
        }
    }

    /// How many are left.
    pub fn len(&self) -> usize {
        let whole = |chunk: usize| self.chunks.get(chunk).map_or(0, |chunk| chunk.len());
        let chunks: usize = (self.next.chunk..self.end.chunk).map(whole).sum();
        (chunks + self.end.index).saturating_sub(self.next.index)
    }
}

impl Iterator for EntryRange {
    type Item = Arc<Entry>;

    fn next(&mut self) -> Option<Arc<Entry>> {
        if self.next >= self.end {
            return None;
        }
        let chunk = self.chunks.get(self.next.chunk)?;
        let entry = chunk.get(self.next.index)?.clone();
        self.next.index += 1;
        if self.next.index == chunk.len() {
            self.next = Position {
                chunk: self.next.chunk + 1,
                index: 0,
            };
        }
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    fn entry(key: &str, revision: u64) -> Arc<Entry> {
        Arc::new(Entry::new(key.into(), revision, Bytes::new()))
    }

    fn keys(range: EntryRange) -> Vec<String> {
        range.map(|entry| entry.key.to_string()).collect()
    }

    #[test]
    fn entries_agree_with_a_tree_after_many_changes() {
        let mut random = StdRng::seed_from_u64(7);
        let (mut entries, mut model) = (Entries::default(), BTreeMap::new());
        for revision in 0..20_000 {
            let key = format!("/{}/{:04}", random.random_range(0..3), random.random_range(0..2_000));
            let (replaced, expected) = match random.random_range(0..3) {
                0 => (entries.remove(&key), model.remove(&key)),
                _ => (
                    entries.insert(entry(&key, revision)),
                    model.insert(key.clone(), revision),
                ),
            };
            assert_eq!(replaced.map(|entry| entry.revision), expected, "{key}");
        }
        for prefix in ["", "/", "/0/", "/1/", "/2/19", "/3/"] {
            for after in [None, Some("/"), Some("/1/0500"), Some("/1/05005"), Some("/9")] {
                let range = entries.range(prefix, after);
                let wanted = model.keys().filter(|key| key.starts_with(prefix));
                let wanted: Vec<String> = wanted
                    .filter(|key| after.is_none_or(|after| key.as_str() > after))
                    .cloned()
                    .collect();
                assert_eq!(range.len(), wanted.len(), "{prefix} {after:?}");
                assert_eq!(keys(range), wanted, "{prefix} {after:?}");
            }
        }
        for (key, revision) in &model {
            assert_eq!(entries.get(key).map(|entry| entry.revision), Some(*revision));
        }
        assert!(entries.get("/0/none").is_none());
    }

    #[test]
    fn a_snapshot_stays_as_it_is() {
        let sorted = (0..1_000).map(|number| entry(&format!("/{number:04}"), 1));
        let mut entries = Entries::from_sorted(sorted);
        let before = entries.range("/", None);
        for number in 0..1_000 {
            entries.remove(&format!("/{number:04}"));
            entries.insert(entry(&format!("/{number:04}x"), 2));
        }
        assert!(before.clone().all(|entry| entry.revision == 1));
        assert_eq!(before.len(), 1_000);
        assert!(entries.range("/", None).all(|entry| entry.revision == 2));
    }

    #[test]
    fn emptied_entries_are_empty() {
        let mut entries = Entries::from_sorted([entry("/a", 1)]);
        entries.remove("/a");
        assert_eq!(entries.range("", None).len(), 0);
        assert!(entries.insert(entry("/b", 2)).is_none());
        assert_eq!(keys(entries.range("/", None)), ["/b"]);
    }
}
