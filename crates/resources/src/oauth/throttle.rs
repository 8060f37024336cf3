//! How long a failed login waits for its answer. Pure: the time is an argument.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use jiff::Timestamp;

/// After the first failure; each further one doubles it.
const FIRST_DELAY: Duration = Duration::from_millis(250);
const LONGEST_DELAY: Duration = Duration::from_secs(4);
/// Failures are forgotten this long after the last one.
const MEMORY: Duration = Duration::from_secs(15 * 60);
/// Sources, and users, whose failures are remembered; past it the oldest is forgotten.
const REMEMBERED: usize = 4_096;
/// Logins of one source at once; with the delays this bounds how many passwords a source can try.
const AT_ONCE: u32 = 8;

/// Counts failures per source and per user. Nobody is locked out, since anybody could then lock out anybody: failures
/// only become slow.
#[derive(Default)]
pub(super) struct Throttle {
    sources: Failures<IpAddr>,
    users: Failures<String>,
    running: HashMap<IpAddr, u32>,
}

struct Failures<K> {
    counts: HashMap<K, (u32, Timestamp)>,
}

impl Throttle {
    /// Begins a login. `false`: the source has as many as it may have at once.
    pub fn begin(&mut self, source: IpAddr) -> bool {
        let running = self.running.entry(network(source)).or_default();
        let free = *running < AT_ONCE;
        if free {
            *running += 1;
        }
        free
    }

    /// Ends one that began.
    pub fn end(&mut self, source: IpAddr) {
        let source = network(source);
        if let Some(running) = self.running.get_mut(&source) {
            *running = running.saturating_sub(1);
            if *running == 0 {
                self.running.remove(&source);
            }
        }
    }

    /// Counts a failure and says how long its answer waits.
    pub fn failed(&mut self, now: Timestamp, source: IpAddr, user: &str) -> Duration {
        let failures = self
            .sources
            .count(network(source), now)
            .max(self.users.count(user.to_owned(), now));
        let doubled = FIRST_DELAY.saturating_mul(1 << failures.saturating_sub(1).min(16));
        doubled.min(LONGEST_DELAY)
    }

    /// Whoever knows the password has only mistyped it. The source stays known: it could own one user and try others.
    pub fn succeeded(&mut self, user: &str) {
        self.users.counts.remove(user);
    }
}

impl<K> Default for Failures<K> {
    fn default() -> Self {
        Self { counts: HashMap::new() }
    }
}

impl<K: Hash + Eq + Clone> Failures<K> {
    fn count(&mut self, key: K, now: Timestamp) -> u32 {
        let is_old = |last: Timestamp| now.duration_since(last).unsigned_abs() > MEMORY;
        let before = self
            .counts
            .get(&key)
            .filter(|(_, last)| !is_old(*last))
            .map_or(0, |(count, _)| *count);
        if !self.counts.contains_key(&key) && self.counts.len() >= REMEMBERED {
            let oldest = self
                .counts
                .iter()
                .min_by_key(|(_, (_, last))| *last)
                .map(|(key, _)| key.clone());
            oldest.map(|oldest| self.counts.remove(&oldest));
        }
        let count = before.saturating_add(1);
        self.counts.insert(key, (count, now));
        count
    }
}

/// Whoever has one IPv6 address has 2^64 of them.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(START.as_second() + seconds).unwrap()
    }

    fn source(last: u8) -> IpAddr {
        [10, 0, 0, last].into()
    }

    #[test]
    fn failures_become_slow_up_to_a_bound_and_are_forgotten() {
        let mut throttle = Throttle::default();
        let delays: Vec<u128> = (0..6)
            .map(|second| throttle.failed(at(second), source(1), "jane").as_millis())
            .collect();
        assert_eq!(delays, [250, 500, 1000, 2000, 4000, 4000]);
        assert_eq!(throttle.failed(at(6 + 15 * 60), source(1), "jane"), FIRST_DELAY);
    }

    #[test]
    fn a_user_is_protected_from_many_sources_and_all_users_from_one() {
        let mut throttle = Throttle::default();
        for number in 0..5 {
            throttle.failed(START, source(number), "jane");
        }
        assert_eq!(throttle.failed(START, source(99), "jane"), LONGEST_DELAY);
        for number in 0..5 {
            throttle.failed(START, source(50), &format!("user{number}"));
        }
        assert_eq!(throttle.failed(START, source(50), "another"), LONGEST_DELAY);
        assert_eq!(throttle.failed(START, source(51), "other"), FIRST_DELAY);
        throttle.succeeded("jane");
        assert_eq!(throttle.failed(START, source(52), "jane"), FIRST_DELAY);
        assert_eq!(throttle.failed(START, source(50), "jane"), LONGEST_DELAY);
    }

    #[test]
    fn a_network_of_ipv6_is_one_source() {
        let mut throttle = Throttle::default();
        throttle.failed(START, "2001:db8::1".parse().unwrap(), "a");
        assert_eq!(
            throttle.failed(START, "2001:db8::2".parse().unwrap(), "b"),
            FIRST_DELAY * 2
        );
        assert_eq!(
            throttle.failed(START, "2001:db8:1::2".parse().unwrap(), "c"),
            FIRST_DELAY
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut throttle = Throttle::default();
        for number in 0..REMEMBERED + 10 {
            throttle.failed(at(i64::try_from(number).unwrap() / 100), source(1), &number.to_string());
        }
        assert_eq!(throttle.users.counts.len(), REMEMBERED);
        assert!(throttle.users.counts.contains_key(&(REMEMBERED + 9).to_string()));
    }

    #[test]
    fn a_source_has_so_many_logins_at_once() {
        let mut throttle = Throttle::default();
        assert!((0..AT_ONCE).all(|_| throttle.begin(source(1))));
        assert!(!throttle.begin(source(1)));
        assert!(throttle.begin(source(2)));
        throttle.end(source(1));
        assert!(throttle.begin(source(1)));
        (0..AT_ONCE).for_each(|_| throttle.end(source(1)));
        throttle.end(source(2));
        assert!(throttle.running.is_empty());
    }
}
