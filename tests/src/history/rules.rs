//! The rules, each a function from what was recorded to what breaks it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{
    Change, ChangeKind, Deed, History, Outcome, Pair, Pairing, Shown, Sight, Timeline, Violation, Watcher, Write,
};

/// A watcher sees every change after the version it started from, once and in order.
pub(super) fn watchers(watchers: &[Watcher], timeline: &Timeline<'_>) -> Vec<Violation> {
    watchers
        .iter()
        .flat_map(|watcher| one_watcher(watcher, timeline))
        .collect()
}

fn one_watcher(watcher: &Watcher, timeline: &Timeline<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    // Everything up to here was due, and is seen or was missed.
    let mut accounted = None;
    for sight in &watcher.sights {
        let (until, seen) = match sight {
            Sight::From(version) => {
                accounted = Some(*version);
                continue;
            }
            Sight::Change(change) => (change.object.version, Some(change)),
            Sight::Until(version) => (*version, None),
        };
        let from = accounted.unwrap_or(0);
        if seen.is_some() && until <= from {
            violations.push(Violation::Disorder {
                watcher: watcher.name.clone(),
                version: until,
                after: from,
            });
            continue;
        }
        let due = timeline.between(from, until);
        let missed = due.filter(|change| seen.is_none_or(|seen| seen.object.version != change.object.version));
        violations.extend(missed.map(|change| Violation::Missed {
            watcher: watcher.name.clone(),
            key: change.key.clone(),
            version: change.object.version,
        }));
        accounted = Some(until.max(from));
    }
    violations
}

/// What was acknowledged happened, and as it was told.
pub(super) fn acknowledged(writes: &[Write], timeline: &Timeline<'_>) -> Vec<Violation> {
    let puts: HashMap<(&str, &str), u64> = timeline
        .changes()
        .filter(|change| change.kind != ChangeKind::Deleted)
        .map(|change| ((&*change.key, &*change.object.token), change.object.version))
        .collect();
    let deleted: HashSet<&str> = timeline
        .changes()
        .filter(|change| change.kind == ChangeKind::Deleted)
        .map(|change| &*change.object.uid)
        .collect();
    let wrong = |write: &Write| {
        let key = write.key.clone();
        let lost = |what: &str| Violation::Lost {
            key: write.key.clone(),
            write: what.to_owned(),
        };
        match (&write.outcome, &write.deed) {
            (Outcome::Put(told), Deed::Put(token)) => match puts.get(&(&*write.key, &**token)) {
                None => Some(lost(token)),
                Some(seen) if seen != told => Some(Violation::Renumbered {
                    key,
                    told: *told,
                    seen: *seen,
                }),
                Some(_) => None,
            },
            (Outcome::Deleted(uid), _) => (!deleted.contains(&**uid)).then(|| lost(uid)),
            _ => None,
        }
    };
    writes.iter().filter_map(wrong).collect()
}

/// Every change is the effect of one write that was not refused.
pub(super) fn asked_for(writes: &[Write], timeline: &Timeline<'_>) -> Vec<Violation> {
    let possible = || writes.iter().filter(|write| write.outcome != Outcome::Refused);
    let puts: HashSet<(&str, &str)> = possible()
        .filter_map(|write| match &write.deed {
            Deed::Put(token) => Some((&*write.key, &**token)),
            Deed::Delete => None,
        })
        .collect();
    let mut deletions = Deletions::of(possible());
    let mut used = HashSet::new();
    let mut violations = Vec::new();
    for change in timeline.changes() {
        let Shown { version, token, .. } = &change.object;
        let asked = match change.kind {
            ChangeKind::Deleted => deletions.take(change),
            _ => puts.contains(&(&*change.key, &**token)),
        };
        if !asked {
            violations.push(Violation::Unasked {
                key: change.key.clone(),
                version: *version,
                token: token.clone(),
            });
        }
        if change.kind != ChangeKind::Deleted && !used.insert(token) {
            violations.push(Violation::Twice {
                key: change.key.clone(),
                token: token.clone(),
            });
        }
    }
    violations
}

/// Deletions that may have happened: acknowledged ones by what they deleted, the others by their key.
struct Deletions<'a> {
    acknowledged: HashSet<&'a str>,
    unknown: HashMap<&'a str, usize>,
}

impl<'a> Deletions<'a> {
    fn of(writes: impl Iterator<Item = &'a Write>) -> Self {
        let mut deletions = Self {
            acknowledged: HashSet::new(),
            unknown: HashMap::new(),
        };
        for write in writes.filter(|write| write.deed == Deed::Delete) {
            match &write.outcome {
                Outcome::Deleted(uid) => {
                    deletions.acknowledged.insert(uid);
                }
                _ => *deletions.unknown.entry(&write.key).or_default() += 1,
            }
        }
        deletions
    }

    /// Uses up the write that explains this deletion.
    fn take(&mut self, change: &Change) -> bool {
        if self.acknowledged.remove(&*change.object.uid) {
            return true;
        }
        match self.unknown.get_mut(&*change.key) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

/// A write that names a version replaces that one and no other.
pub(super) fn lost_updates(writes: &[Write], timeline: &Timeline<'_>) -> Vec<Violation> {
    let demands: HashMap<(&str, &str), u64> = writes
        .iter()
        .filter_map(|write| match (&write.deed, write.onto) {
            (Deed::Put(token), Some(onto)) => Some(((&*write.key, &**token), onto)),
            _ => None,
        })
        .collect();
    let puts = timeline.changes().filter(|change| change.kind != ChangeKind::Deleted);
    let wrong = puts.filter_map(|change| {
        let onto = *demands.get(&(&*change.key, &*change.object.token))?;
        let replaced = timeline.before(change).map(|shown| shown.version);
        (replaced != Some(onto)).then(|| Violation::LostUpdate {
            key: change.key.clone(),
            onto,
            replaced,
        })
    });
    wrong.collect()
}

/// Versions do not contradict the order in which clients saw things happen.
pub(super) fn real_time(writes: &[Write]) -> Vec<Violation> {
    let floors = Floors::of(writes);
    let numbered = writes.iter().filter_map(|write| match write.outcome {
        Outcome::Put(version) => Some((write, version)),
        _ => None,
    });
    let backwards = numbered.filter_map(|(write, version)| {
        let after = floors.at(write.span.begun);
        (version <= after).then(|| Violation::Backwards {
            key: write.key.clone(),
            version,
            after,
        })
    });
    backwards.collect()
}

/// The newest version that was acknowledged before each moment.
struct Floors(BTreeMap<u64, u64>);

impl Floors {
    fn of(writes: &[Write]) -> Self {
        let ended: BTreeMap<u64, u64> = writes
            .iter()
            .filter_map(|write| match write.outcome {
                Outcome::Put(version) => Some((write.span.ended, version)),
                _ => None,
            })
            .collect();
        let mut newest = 0;
        let growing = ended.into_iter().map(|(moment, version)| {
            newest = version.max(newest);
            (moment, newest)
        });
        Self(growing.collect())
    }

    fn at(&self, moment: u64) -> u64 {
        self.0.range(..moment).next_back().map_or(0, |(_, version)| *version)
    }
}

/// A list is the sum of all changes up to its version, and not older than what was acknowledged before it.
pub(super) fn snapshots(history: &History, timeline: &Timeline<'_>) -> Vec<Violation> {
    let floors = Floors::of(&history.writes);
    let mut violations = Vec::new();
    for snapshot in &history.snapshots {
        let version = snapshot.version;
        let wrong = |key: &str| Violation::FalseList {
            version,
            key: key.to_owned(),
        };
        if version < floors.at(snapshot.span.begun) {
            violations.push(wrong(""));
        }
        let state = timeline.state_at(version);
        let shown = snapshot.objects.iter().map(|(key, shown)| (&**key, shown));
        let shown: BTreeMap<&str, &Shown> = shown.collect();
        let keys: BTreeSet<&&str> = state.keys().chain(shown.keys()).collect();
        let differing = keys.into_iter().filter(|key| state.get(*key) != shown.get(*key));
        violations.extend(differing.map(|key| wrong(key)));
    }
    violations
}

/// A read shows a state that was still current when it began.
pub(super) fn reads(history: &History, timeline: &Timeline<'_>) -> Vec<Violation> {
    let floors = Floors::of(&history.writes);
    let stale = history.reads.iter().filter(|read| {
        let floor = floors.at(read.span.begun);
        !timeline.held_since(&read.key, read.found.as_ref(), floor)
    });
    let violations = stale.map(|read| Violation::FalseRead {
        key: read.key.clone(),
        begun: read.span.begun,
    });
    violations.collect()
}

/// Pairs are there as a whole or not at all, and those that were acknowledged are there.
pub(super) fn pairs(pairs: &[Pair], pairings: &[Pairing]) -> Vec<Violation> {
    let widowed = pairings
        .iter()
        .flat_map(|found| found.left.symmetric_difference(&found.right))
        .map(|pair| Violation::Widowed { pair: pair.clone() });
    let newest = pairings.iter().max_by_key(|found| found.moment);
    let lost = newest.into_iter().flat_map(|found| {
        pairs
            .iter()
            .filter(|pair| pair.acknowledged && !found.left.contains(&pair.name) && !found.right.contains(&pair.name))
            .map(|pair| Violation::LostPair {
                pair: pair.name.clone(),
            })
    });
    widowed.chain(lost).collect()
}
