use std::time::Duration;

use futures::FutureExt;
use tokio::time::Instant;

use super::{Queue, State, Taken, retry_delay};

fn queue() -> Queue<String> {
    Queue::new()
}

fn take(state: &mut State<String>, now: Instant) -> Option<String> {
    match state.take(now) {
        Taken::Key(key) => Some(key),
        Taken::NothingUntil(_) => None,
    }
}

#[tokio::test]
async fn a_key_added_twice_is_worked_on_once() {
    let queue = queue();
    queue.add("a".into());
    queue.add("a".into());
    queue.add("b".into());
    assert_eq!(queue.next().await, "a");
    assert_eq!(queue.next().await, "b");
    queue.done(&"a".into());
    queue.done(&"b".into());
    assert!(queue.next().now_or_never().is_none(), "nothing is left");
}

#[tokio::test]
async fn a_key_added_during_its_pass_gets_another_pass_after_it() {
    let queue = queue();
    queue.add("a".into());
    let key = queue.next().await;
    queue.add("a".into());
    queue.add("b".into());
    assert_eq!(
        queue.next().await,
        "b",
        "no second pass over `a` may start while the first one runs"
    );
    queue.done(&key);
    assert_eq!(queue.next().await, "a");
}

#[test]
fn the_earliest_wish_decides_when_a_delayed_key_is_due() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut state = State::new();
    for seconds in [10, 2, 5] {
        state.add_at("a".to_owned(), at(seconds));
    }
    assert!(matches!(state.take(at(1)), Taken::NothingUntil(Some(due)) if due == at(2)));
    assert_eq!(take(&mut state, at(2)).as_deref(), Some("a"));
    state.finish(&"a".to_owned());
    assert_eq!(
        take(&mut state, at(60)),
        None,
        "the two later wishes were replaced by the first one"
    );
}

#[tokio::test]
async fn a_failing_key_is_tried_again_later_and_later_and_never_dropped() {
    let queue = queue();
    queue.add("a".into());
    for expected in [5, 10, 20] {
        let key = queue.next().await;
        let (_, delay) = queue.retry(&key);
        assert_eq!(delay.as_millis(), expected);
    }
    assert_eq!(retry_delay(100), Duration::from_secs(30));
    let key = queue.next().await;
    queue.done(&key);
    queue.add("a".into());
    let key = queue.next().await;
    assert_eq!(
        queue.retry(&key).0,
        1,
        "a pass that reached its end forgets the failures before it"
    );
}

#[tokio::test]
async fn keys_of_a_loop_that_died_are_worked_on_again() {
    let queue = queue();
    queue.add("a".into());
    let _lost = queue.next().await;
    queue.recover();
    assert_eq!(queue.next().await, "a");
}
