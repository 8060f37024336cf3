//! The numbers of a rolling update. No names, no time: how far may it go from here.

use crate::scale::Bounds;

/// A deployment that is being replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Old {
    pub replicas: i32,
    pub available: i32,
    /// The last complete deployment, which serves until the end; others go before it.
    pub serves: bool,
}

/// Where a rolling update is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes {
    pub wanted: i32,
    pub new: i32,
    pub new_available: i32,
    pub old: Vec<Old>,
    pub bounds: Bounds,
}

impl Sizes {
    fn old_replicas(&self) -> i32 {
        self.old.iter().map(|old| old.replicas).sum()
    }

    /// Pods that must stay available.
    pub fn least_available(&self) -> i32 {
        self.wanted.saturating_sub(self.bounds.unavailable).max(0)
    }

    /// Pods that may exist.
    pub fn most(&self) -> i32 {
        self.wanted.saturating_add(self.bounds.surge)
    }

    /// All new, nothing old; where there was nothing to replace, also available.
    pub fn is_done(&self) -> bool {
        let enough = self.least_available();
        self.new == self.wanted && self.old_replicas() == 0 && self.new_available >= enough.min(self.wanted)
    }

    /// The size the new deployment may grow to now, if it may grow.
    pub fn grow(&self) -> Option<i32> {
        let room = match self.old_replicas() {
            0 => self.wanted - self.new,
            old => self.most() - (old + self.new),
        };
        let target = self.new.saturating_add(room.max(0)).min(self.wanted);
        (target > self.new).then_some(target)
    }

    /// The sizes the old deployments may shrink to now, in their order, if any may shrink.
    ///
    /// Pods that are not available go first: a replication controller removes those before others, so what is taken
    /// within `replicas - available` costs nothing.
    pub fn shrink(&self) -> Option<Vec<i32>> {
        let mut room = self.old_replicas() + self.new_available.min(self.new) - self.least_available();
        let mut left: Vec<i32> = self.old.iter().map(|old| old.replicas).collect();
        let mut take = |position: usize, most: i32| {
            let taken = most.min(room).max(0);
            room -= taken;
            left[position] -= taken;
        };
        for (position, old) in self.old.iter().enumerate() {
            take(position, old.replicas - old.available.clamp(0, old.replicas));
        }
        for serves in [false, true] {
            for (position, old) in self.old.iter().enumerate().filter(|(_, old)| old.serves == serves) {
                take(position, old.available.clamp(0, old.replicas));
            }
        }
        let changed = self.old.iter().zip(&left).any(|(old, left)| old.replicas != *left);
        changed.then_some(left)
    }
}
