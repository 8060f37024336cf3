use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// How often an idle watch tells its client the revision it has reached.
const EVERY: Duration = Duration::from_secs(60);
/// The last bookmark comes so long before the end of the watch, so that the next watch begins where this one ended.
const BEFORE_END: Duration = Duration::from_secs(2);

/// What a watch does by itself, whatever changes: bookmarks, and its end.
pub(super) struct Schedule {
    end: Instant,
    bookmark: Option<Instant>,
    /// Until the earlier of both.
    sleep: Pin<Box<Sleep>>,
    /// Who is woken by `sleep`. A timer is asked only by a new task or when it is due: a watch is woken by every change.
    woken: Option<Waker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Bookmark,
    End,
}

impl Schedule {
    /// Of a watch that begins now; without bookmarks unless they are wanted.
    pub fn of(timeout: Duration, wants_bookmarks: bool) -> Self {
        let now = Instant::now();
        let end = now + timeout;
        let bookmark = following(now, end).filter(|_| wants_bookmarks);
        Self {
            end,
            bookmark,
            sleep: Box::pin(sleep_until(bookmark.unwrap_or(end))),
            woken: None,
        }
    }

    pub fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }

    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Due> {
        let is_known = self.woken.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
        let now = Instant::now();
        if is_known && now < self.sleep.deadline() {
            return Poll::Pending;
        }
        self.woken = Some(cx.waker().clone());
        ready!(self.sleep.as_mut().poll(cx));
        self.woken = None;
        if self.bookmark.take().is_none() {
            return Poll::Ready(Due::End);
        }
        self.bookmark = following(now, self.end);
        self.sleep.as_mut().reset(self.bookmark.unwrap_or(self.end));
        Poll::Ready(Due::Bookmark)
    }

    pub async fn next(&mut self) -> Due {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }
}

/// The bookmark after `now` of a watch that ends at `end`.
fn following(now: Instant, end: Instant) -> Option<Instant> {
    let last = end.checked_sub(BEFORE_END).unwrap_or(end);
    (now < last).then(|| last.min(now + EVERY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bookmarks_come_every_minute_and_shortly_before_the_end() {
        let begun = Instant::now();
        let mut schedule = Schedule::of(Duration::from_secs(150), true);
        for (due, seconds) in [
            (Due::Bookmark, 60),
            (Due::Bookmark, 120),
            (Due::Bookmark, 148),
            (Due::End, 150),
        ] {
            assert!(!schedule.is_over());
            assert_eq!(schedule.next().await, due);
            // Timers tick in milliseconds.
            assert_eq!((begun.elapsed() + Duration::from_millis(2)).as_secs(), seconds);
        }
        assert!(schedule.is_over());
    }

    #[tokio::test(start_paused = true)]
    async fn without_bookmarks_there_is_only_an_end() {
        let begun = Instant::now();
        assert_eq!(Schedule::of(Duration::from_secs(90), false).next().await, Due::End);
        assert_eq!((begun.elapsed() + Duration::from_millis(2)).as_secs(), 90);
        assert_eq!(Schedule::of(Duration::from_secs(1), true).next().await, Due::End);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_asked_last_is_woken() {
        let mut schedule = Schedule::of(Duration::from_secs(5), false);
        let other = futures::task::noop_waker();
        assert!(schedule.poll(&mut Context::from_waker(&other)).is_pending());
        assert_eq!(schedule.next().await, Due::End);
    }
}
