use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{ControlLoop, Next, drive};
use crate::error::ReconcileError;
use crate::metrics::Metrics;
use crate::queue::Queue;

/// Panics at the first pass over `bad`, asks for a later look at `later`, and is content with everything else.
#[derive(Default)]
struct Script {
    passes: Mutex<Vec<String>>,
    bad: AtomicU32,
    later: AtomicU32,
    all_seen: tokio::sync::Notify,
}

impl ControlLoop for Script {
    type Key = String;
    const NAME: &'static str = "script";
    const WORKERS: usize = 2;

    fn connect(self: &Arc<Self>, _queue: &Arc<Queue<String>>) {}

    async fn reconcile(&self, key: &String) -> Result<Next, ReconcileError> {
        let count = {
            let mut passes = self.passes.lock().unwrap();
            passes.push(key.clone());
            passes.len()
        };
        if count == 5 {
            self.all_seen.notify_one();
        }
        if key == "bad" && self.bad.fetch_add(1, Ordering::Relaxed) == 0 {
            panic!("cannot digest this");
        }
        Ok(if key == "later" && self.later.fetch_add(1, Ordering::Relaxed) == 0 {
            Next::After(Duration::from_millis(20))
        } else {
            Next::Change
        })
    }
}

#[tokio::test]
async fn a_pass_that_panics_is_tried_again_and_the_others_go_on() {
    let script = Arc::new(Script::default());
    let queue = Queue::new();
    for key in ["bad", "good", "later"] {
        queue.add(key.to_owned());
    }
    let metrics = Metrics::default();
    tokio::select! {
        () = drive(&*script, &queue, &metrics) => {}
        () = script.all_seen.notified() => {}
    }
    let mut passes = script.passes.lock().unwrap().clone();
    passes.sort();
    assert_eq!(passes, ["bad", "bad", "good", "later", "later"]);
}
