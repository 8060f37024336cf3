//! When a container that ended is started again.

use std::time::Duration;

use jiff::Timestamp;

use crate::instance::Instance;

const FIRST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(300);
/// A container that lived this long starts afresh.
const HEALTHY_AFTER: Duration = Duration::from_secs(600);

/// The pause after the instance ended: none the first time, then 10 s, 20 s, 40 s ... 5 min.
pub(crate) fn pause(ended: &Instance) -> Duration {
    match crashes_after(ended) {
        0 | 1 => Duration::ZERO,
        crashes => FIRST.saturating_mul(1 << (crashes - 2).min(8)).min(LONGEST),
    }
}

pub(crate) fn restart_at(ended: &Instance) -> Timestamp {
    let finished = ended.state.finished_at.unwrap_or(Timestamp::MIN);
    finished.saturating_add(pause(ended)).unwrap_or(Timestamp::MAX)
}

/// The count that the next attempt is marked with.
pub(crate) fn crashes_after(ended: &Instance) -> u32 {
    match (ended.state.started_at, ended.state.finished_at) {
        (Some(started), Some(finished)) if finished.duration_since(started).unsigned_abs() >= HEALTHY_AFTER => 0,
        _ => ended.crashes.saturating_add(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::ended;

    #[test]
    fn the_pause_doubles_up_to_five_minutes() {
        for (crashes, seconds) in [
            (0, 0),
            (1, 10),
            (2, 20),
            (3, 40),
            (4, 80),
            (5, 160),
            (6, 300),
            (60, 300),
        ] {
            assert_eq!(
                pause(&ended("c", 1, crashes, 10)),
                Duration::from_secs(seconds),
                "{crashes}"
            );
        }
    }

    #[test]
    fn a_long_life_forgives() {
        let mut instance = ended("c", 1, 5, 0);
        instance.state.finished_at = instance
            .state
            .started_at
            .map(|started| started + Duration::from_secs(601));
        assert_eq!(pause(&instance), Duration::ZERO);
        assert_eq!(crashes_after(&instance), 0);
    }
}
