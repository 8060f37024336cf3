use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use super::{Change, ChangeKind, Shown, Sight, Violation, Watcher};

/// Every change that any watcher saw, in the one order that resourceVersions give them.
pub(super) struct Timeline<'a> {
    changes: BTreeMap<u64, &'a Change>,
    /// Per key, the versions at which its object became something else.
    keys: HashMap<&'a str, BTreeMap<u64, Option<&'a Shown>>>,
}

impl<'a> Timeline<'a> {
    /// Watchers that contradict each other or themselves, and changes that do not follow from the state before them, go
    /// to `violations`.
    pub fn of(watchers: &'a [Watcher], violations: &mut Vec<Violation>) -> Self {
        let mut changes: BTreeMap<u64, &Change> = BTreeMap::new();
        let sights = watchers.iter().flat_map(|watcher| &watcher.sights);
        for sight in sights {
            let Sight::Change(change) = sight else { continue };
            let version = change.object.version;
            let first = *changes.entry(version).or_insert(change);
            if first != change {
                violations.push(Violation::Reused {
                    version,
                    first: first.to_string(),
                    second: change.to_string(),
                });
            }
        }
        let mut timeline = Self {
            changes,
            keys: HashMap::new(),
        };
        timeline.replay(violations);
        timeline
    }

    fn replay(&mut self, violations: &mut Vec<Violation>) {
        for (version, change) in &self.changes {
            let states = self.keys.entry(&change.key).or_default();
            let before = states.last_key_value().and_then(|(_, state)| *state);
            let follows = match (change.kind, before) {
                (ChangeKind::Added, None) => true,
                (ChangeKind::Modified, Some(before)) => before.uid == change.object.uid,
                (ChangeKind::Deleted, Some(before)) => before.uid == change.object.uid,
                _ => false,
            };
            let key = change.key.clone();
            if !follows {
                violations.push(Violation::Impossible {
                    key: key.clone(),
                    version: *version,
                });
            }
            if !change.object.whole {
                violations.push(Violation::Half { key, version: *version });
            }
            let after = (change.kind != ChangeKind::Deleted).then_some(&change.object);
            states.insert(*version, after);
        }
    }

    pub fn changes(&self) -> impl Iterator<Item = &'a Change> {
        self.changes.values().copied()
    }

    /// What a change found under its key.
    pub fn before(&self, change: &Change) -> Option<&'a Shown> {
        let states = self.keys.get(&*change.key)?;
        states
            .range(..change.object.version)
            .next_back()
            .and_then(|(_, state)| *state)
    }

    /// Changes after `from`, up to and including `until`.
    pub fn between(&self, from: u64, until: u64) -> impl Iterator<Item = &'a Change> {
        let range = (Bound::Excluded(from), Bound::Included(until.max(from)));
        let some = (from < until).then(|| self.changes.range(range));
        some.into_iter().flatten().map(|(_, change)| *change)
    }

    /// All objects as they are at a version.
    pub fn state_at(&self, version: u64) -> BTreeMap<&'a str, &'a Shown> {
        let mut state = BTreeMap::new();
        for (key, states) in &self.keys {
            if let Some((_, Some(shown))) = states.range(..=version).next_back() {
                state.insert(*key, *shown);
            }
        }
        state
    }

    /// Was the object like this (`None`: absent) at some version that is at least `floor`?
    pub fn held_since(&self, key: &str, found: Option<&Shown>, floor: u64) -> bool {
        let nothing = BTreeMap::new();
        let states = self.keys.get(key).unwrap_or(&nothing);
        let at_floor = states.range(..=floor).next_back().and_then(|(_, state)| *state);
        let later = states.range((Bound::Excluded(floor), Bound::Unbounded));
        std::iter::once(at_floor)
            .chain(later.map(|(_, state)| *state))
            .any(|state| state == found)
    }
}
