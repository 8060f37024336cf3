use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt;
use futures::stream;
use tokio::sync::mpsc;

use crate::{Change, Watch, WatchError};

/// Batches that may wait for one watcher. A reader that is further behind is dropped with `Lagged`, so that it neither
/// slows commits nor holds memory; it lists again.
const WATCH_BUFFER: usize = 4096;

#[derive(Default)]
pub(crate) struct Watchers {
    watchers: Vec<Watcher>,
}

struct Watcher {
    prefix: Arc<str>,
    sender: mpsc::Sender<Vec<Change>>,
    lagged: Arc<AtomicBool>,
}

impl Watchers {
    /// A stream of `missed` and then of everything published from now on.
    pub(crate) fn add(&mut self, prefix: &str, missed: Vec<Change>) -> Watch {
        let (sender, receiver) = mpsc::channel(WATCH_BUFFER);
        let lagged = Arc::new(AtomicBool::new(false));
        self.watchers.push(Watcher {
            prefix: prefix.into(),
            sender,
            lagged: lagged.clone(),
        });
        let first = stream::iter((!missed.is_empty()).then_some(Ok(missed)));
        first.chain(live(receiver, lagged)).boxed()
    }

    pub(crate) fn publish(&mut self, changes: &[Change]) {
        if changes.is_empty() {
            return;
        }
        self.watchers.retain(|watcher| watcher.send(changes));
    }

    pub(crate) fn close(&mut self) {
        self.watchers.clear();
    }
}

impl Watcher {
    /// `false` when the watcher is gone or has to go.
    fn send(&self, changes: &[Change]) -> bool {
        let mine: Vec<Change> = changes
            .iter()
            .filter(|change| change.key.starts_with(&*self.prefix))
            .cloned()
            .collect();
        if mine.is_empty() {
            return !self.sender.is_closed();
        }
        match self.sender.try_send(mine) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.lagged.store(true, Ordering::Release);
                false
            }
        }
    }
}

/// What the channel holds, then the reason why it ended.
fn live(
    receiver: mpsc::Receiver<Vec<Change>>,
    lagged: Arc<AtomicBool>,
) -> impl stream::Stream<Item = Result<Vec<Change>, WatchError>> {
    stream::unfold(Some(receiver), move |receiver| {
        let lagged = lagged.clone();
        async move {
            let mut receiver = receiver?;
            match receiver.recv().await {
                Some(changes) => Some((Ok(changes), Some(receiver))),
                None if lagged.load(Ordering::Acquire) => Some((Err(WatchError::Lagged), None)),
                None => Some((Err(WatchError::Closed), None)),
            }
        }
    })
}
