//! How often the webhooks of one config may start builds. A leaked address must not fill the store. Pure: the time is an
//! argument.

use std::collections::HashMap;

use jiff::Timestamp;

/// Builds at once: the branches and tags of a large push.
const BURST: i64 = 30;
/// Seconds per build in the long run.
const INTERVAL: i64 = 2;
/// Configs that are remembered; past it the one that was used least is forgotten.
const REMEMBERED: usize = 1_024;

/// By namespace and name: the second at which the config has all its turns again.
#[derive(Default)]
pub(super) struct Rate {
    restored: HashMap<(String, String), i64>,
}

impl Rate {
    /// Takes a turn, or says in how many seconds there is one.
    pub fn take(&mut self, now: Timestamp, namespace: &str, name: &str) -> Result<(), u32> {
        let now = now.as_second();
        let key = (namespace.to_owned(), name.to_owned());
        let restored = self.restored.get(&key).copied().unwrap_or(now).max(now);
        let missing = restored + INTERVAL - now - BURST * INTERVAL;
        if missing > 0 {
            return Err(u32::try_from(missing).unwrap_or(u32::MAX));
        }
        self.make_room(now, &key);
        self.restored.insert(key, restored + INTERVAL);
        Ok(())
    }

    fn make_room(&mut self, now: i64, key: &(String, String)) {
        if self.restored.len() < REMEMBERED || self.restored.contains_key(key) {
            return;
        }
        self.restored.retain(|_, restored| *restored > now);
        if self.restored.len() < REMEMBERED {
            return;
        }
        let idlest = self.restored.iter().min_by_key(|(_, restored)| **restored);
        if let Some(key) = idlest.map(|(key, _)| key.clone()) {
            self.restored.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_burst_is_served_and_then_one_build_per_interval() {
        let mut rate = Rate::default();
        for turn in 0..BURST {
            assert_eq!(rate.take(at(0), "ns", "web"), Ok(()), "{turn}");
        }
        assert_eq!(rate.take(at(0), "ns", "web"), Err(2));
        assert_eq!(rate.take(at(1), "ns", "web"), Err(1));
        assert_eq!(
            rate.take(at(0), "ns", "other"),
            Ok(()),
            "other configs are not concerned"
        );
        assert_eq!(rate.take(at(2), "ns", "web"), Ok(()));
        assert_eq!(rate.take(at(2), "ns", "web"), Err(2));
        for turn in 0..BURST {
            assert_eq!(rate.take(at(1_000), "ns", "web"), Ok(()), "{turn}");
        }
    }

    #[test]
    fn what_is_remembered_has_a_bound_and_the_busiest_stay() {
        let mut rate = Rate::default();
        for _ in 0..BURST {
            rate.take(at(0), "ns", "busy").unwrap();
        }
        for number in 0..2 * REMEMBERED {
            rate.take(at(0), "ns", &number.to_string()).unwrap();
        }
        assert_eq!(rate.restored.len(), REMEMBERED);
        assert_eq!(rate.take(at(0), "ns", "busy"), Err(2));
    }
}
