//! What clients did and saw, and whether one server can have answered all of it.
//!
//! Every write leaves a token that is used once, so each change that anybody sees leads back to the write that made it.
//! [`History::violations`] is pure: the same history has the same violations.

mod rules;
#[cfg(test)]
mod tests;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use timeline::Timeline;

/// All that happened to one kind in one namespace.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub writes: Vec<Write>,
    pub reads: Vec<Read>,
    pub snapshots: Vec<Snapshot>,
    pub watchers: Vec<Watcher>,
    pub pairs: Vec<Pair>,
    pub pairings: Vec<Pairing>,
}

/// From the moment a request was sent to the moment its answer was there. Moments are positions in one order that all
/// clients share.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    pub begun: u64,
    pub ended: u64,
}

/// A write as its client knows it.
#[derive(Clone, Debug)]
pub struct Write {
    pub key: String,
    pub deed: Deed,
    /// The version that the client had seen and demanded still to be there.
    pub onto: Option<u64>,
    pub span: Span,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A create, update or patch that leaves this token.
    Put(String),
    Delete,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A put that was answered with its resourceVersion.
    Put(u64),
    /// A deletion that was answered with the uid of what is gone.
    Deleted(String),
    /// The server said that it did nothing.
    Refused,
    /// No answer came: it may have happened or not.
    Unknown,
}

/// What one GET showed.
#[derive(Clone, Debug)]
pub struct Read {
    pub key: String,
    pub span: Span,
    pub found: Option<Shown>,
}

/// A list of all objects.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub span: Span,
    pub version: u64,
    pub objects: BTreeMap<String, Shown>,
}

/// An object as an answer shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub version: u64,
    pub uid: String,
    pub token: String,
    /// Everything that its write put into it is there.
    pub whole: bool,
}

/// What one watcher saw, over all its connections.
#[derive(Clone, Debug)]
pub struct Watcher {
    pub name: String,
    pub sights: Vec<Sight>,
}

#[derive(Clone, Debug)]
pub enum Sight {
    /// It starts (again) after this version, and must miss nothing from there on.
    From(u64),
    Change(Change),
    /// It has seen everything up to this version.
    Until(u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub key: String,
    pub kind: ChangeKind,
    /// The object after the change, or as it was deleted; its version is the one of the change.
    pub object: Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Added,
    Modified,
    Deleted,
}

/// Two objects that one write makes together.
#[derive(Clone, Debug)]
pub struct Pair {
    pub name: String,
    pub acknowledged: bool,
}

/// Which halves of the pairs a reader found after a start.
#[derive(Clone, Debug)]
pub struct Pairing {
    pub moment: u64,
    pub left: BTreeSet<String>,
    pub right: BTreeSet<String>,
}

/// What no correct server does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// An acknowledged write of which no watcher heard.
    Lost { key: String, write: String },
    /// An acknowledged write that watchers heard of with another version.
    Renumbered { key: String, told: u64, seen: u64 },
    /// A change that nobody asked for, or whose write was refused.
    Unasked { key: String, version: u64, token: String },
    /// One write that took effect twice.
    Twice { key: String, token: String },
    /// A write that was meant for one version replaced another one.
    LostUpdate {
        key: String,
        onto: u64,
        replaced: Option<u64>,
    },
    /// One resourceVersion for two changes.
    Reused {
        version: u64,
        first: String,
        second: String,
    },
    /// A write that was begun after another one was acknowledged has the smaller version.
    Backwards { key: String, version: u64, after: u64 },
    /// A watcher saw a change again or out of order.
    Disorder { watcher: String, version: u64, after: u64 },
    /// A watcher did not see a change that another one saw.
    Missed { watcher: String, key: String, version: u64 },
    /// A change that does not follow from the state before it, such as a creation of what is there.
    Impossible { key: String, version: u64 },
    /// Something shows half of a write.
    Half { key: String, version: u64 },
    /// A list that is not the sum of all changes up to its version, or older than what was acknowledged before it.
    FalseList { version: u64, key: String },
    /// A read that shows what was replaced before it began, or what never was.
    FalseRead { key: String, begun: u64 },
    /// One half of a pair without the other.
    Widowed { pair: String },
    /// An acknowledged pair that is not there.
    LostPair { pair: String },
}

impl History {
    /// Everything that is wrong with it; nothing when a correct server could have given all these answers.
    pub fn violations(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        let timeline = Timeline::of(&self.watchers, &mut violations);
        violations.extend(rules::watchers(&self.watchers, &timeline));
        violations.extend(rules::acknowledged(&self.writes, &timeline));
        violations.extend(rules::asked_for(&self.writes, &timeline));
        violations.extend(rules::lost_updates(&self.writes, &timeline));
        violations.extend(rules::real_time(&self.writes));
        violations.extend(rules::snapshots(self, &timeline));
        violations.extend(rules::reads(self, &timeline));
        violations.extend(rules::pairs(&self.pairs, &self.pairings));
        violations
    }

    /// The part that is about these keys, in the order of the clients' moments, for people to read.
    pub fn about(&self, keys: &BTreeSet<String>) -> String {
        let mut lines: Vec<(u64, String)> = Vec::new();
        let about = |key: &String| keys.contains(key);
        for write in self.writes.iter().filter(|write| about(&write.key)) {
            lines.push((write.span.begun, format!("{write:?}")));
        }
        for read in self.reads.iter().filter(|read| about(&read.key)) {
            lines.push((read.span.begun, format!("{read:?}")));
        }
        lines.sort();
        let mut text: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
        for watcher in &self.watchers {
            text.push(format!("watcher {}:", watcher.name));
            let shown = watcher.sights.iter().filter(|sight| match sight {
                Sight::Change(change) => about(&change.key),
                Sight::From(_) | Sight::Until(_) => true,
            });
            text.extend(shown.map(|sight| format!("  {sight:?}")));
        }
        text.join("\n")
    }
}

impl Write {
    /// What it leaves, unless it deletes.
    pub fn token(&self) -> Option<&str> {
        match &self.deed {
            Deed::Put(token) => Some(token),
            Deed::Delete => None,
        }
    }
}

impl Watcher {
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.sights.iter().filter_map(|sight| match sight {
            Sight::Change(change) => Some(change),
            Sight::From(_) | Sight::Until(_) => None,
        })
    }

    /// How often it had to begin anew.
    pub fn relists(&self) -> usize {
        let begins = self.sights.iter().filter(|sight| matches!(sight, Sight::From(_)));
        begins.count().saturating_sub(1)
    }
}

impl Violation {
    /// The key that it is about, if it is about one.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Lost { key, .. }
            | Self::Renumbered { key, .. }
            | Self::Unasked { key, .. }
            | Self::Twice { key, .. }
            | Self::LostUpdate { key, .. }
            | Self::Backwards { key, .. }
            | Self::Missed { key, .. }
            | Self::Impossible { key, .. }
            | Self::Half { key, .. }
            | Self::FalseList { key, .. }
            | Self::FalseRead { key, .. } => Some(key),
            Self::Reused { .. } | Self::Disorder { .. } | Self::Widowed { .. } | Self::LostPair { .. } => None,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} {} {} at {}",
            self.kind, self.key, self.object.token, self.object.version
        )
    }
}
