use std::time::Duration;

use tokio::time::Instant;

use super::rhythm::Rhythm;

/// First pause of a container that others wait for; doubled up to its period.
const EAGER: Duration = Duration::from_millis(100);

/// When a probe is asked next.
#[derive(Debug)]
pub(super) struct Turn {
    pub due: Instant,
    period: Duration,
    /// The pause to come, while the container is asked eagerly.
    eager: Option<Duration>,
}

impl Turn {
    pub fn first(rhythm: Rhythm, age: Duration, eager: bool) -> Self {
        let due = Instant::now() + rhythm.delay.saturating_sub(age);
        Self {
            due,
            period: rhythm.period,
            eager: eager.then_some(EAGER),
        }
    }

    /// After an answer; `verdict` is what is believed now.
    pub fn next(&mut self, verdict: Option<bool>) {
        let pause = match self.eager {
            Some(pause) if verdict != Some(true) && pause < self.period => {
                self.eager = Some(pause * 2);
                pause
            }
            _ => {
                self.eager = None;
                self.period
            }
        };
        self.due = Instant::now() + pause;
    }
}

/// Counts answers in a row until they make a verdict.
#[derive(Debug)]
pub(super) struct Tally {
    rhythm: Rhythm,
    verdict: Option<bool>,
    last: bool,
    in_a_row: u32,
}

impl Tally {
    pub fn new(rhythm: Rhythm, verdict: Option<bool>) -> Self {
        Self {
            rhythm,
            verdict,
            last: false,
            in_a_row: 0,
        }
    }

    pub fn verdict(&self) -> Option<bool> {
        self.verdict
    }

    /// Takes an answer. Some: the verdict has changed to this.
    pub fn count(&mut self, succeeded: bool) -> Option<bool> {
        self.in_a_row = if self.last == succeeded {
            self.in_a_row.saturating_add(1)
        } else {
            1
        };
        self.last = succeeded;
        let needed = if succeeded {
            self.rhythm.successes
        } else {
            self.rhythm.failures
        };
        let changes = self.in_a_row >= needed && self.verdict != Some(succeeded);
        if changes {
            self.verdict = Some(succeeded);
        }
        changes.then_some(succeeded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rhythm(successes: u32, failures: u32) -> Rhythm {
        let (delay, period, timeout) = (Duration::from_secs(2), Duration::from_secs(1), Duration::from_secs(1));
        Rhythm {
            delay,
            period,
            timeout,
            successes,
            failures,
        }
    }

    #[test]
    fn verdicts_need_their_number_of_answers_in_a_row() {
        let mut tally = Tally::new(rhythm(1, 3), Some(true));
        let answers = [false, false, true, false, false, false, false, true];
        let verdicts: Vec<_> = answers.into_iter().map(|answer| tally.count(answer)).collect();
        assert_eq!(verdicts, [None, None, None, None, None, Some(false), None, Some(true)]);
    }

    #[test]
    fn several_successes_may_be_needed() {
        let mut tally = Tally::new(rhythm(2, 1), Some(false));
        assert_eq!(
            [true, true, false].map(|answer| tally.count(answer)),
            [None, Some(true), Some(false)]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_container_that_others_wait_for_is_asked_more_often_at_first() {
        let mut turn = Turn::first(rhythm(1, 3), Duration::ZERO, true);
        assert_eq!(turn.due - Instant::now(), Duration::from_secs(2));
        let pauses: Vec<u128> = (0..6)
            .map(|_| {
                turn.next(Some(false));
                (turn.due - Instant::now()).as_millis()
            })
            .collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1000, 1000]);
        let mut ready = Turn::first(rhythm(1, 3), Duration::from_secs(5), true);
        assert_eq!(ready.due, Instant::now(), "the delay counts from the container's start");
        ready.next(Some(true));
        assert_eq!(ready.due - Instant::now(), Duration::from_secs(1));
    }
}
