//! One worker per pod: it is woken, never told what to do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use crate::node::Node;
use crate::worker::Worker;

/// Wakes workers, and makes them when there are none. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Workers {
    node: Arc<Node>,
    wakers: Arc<Mutex<HashMap<String, Arc<Notify>>>>,
    tasks: TaskTracker,
}

impl Workers {
    pub fn new(node: Arc<Node>) -> Self {
        Self {
            node,
            wakers: Arc::default(),
            tasks: TaskTracker::new(),
        }
    }

    /// Something may have changed for this pod.
    pub fn wake(&self, uid: &str) {
        if uid.is_empty() || self.node.shutdown.is_cancelled() {
            return;
        }
        let mut wakers = self.lock();
        if let Some(waker) = wakers.get(uid) {
            waker.notify_one();
            return;
        }
        let waker = Arc::new(Notify::new());
        wakers.insert(uid.to_owned(), Arc::clone(&waker));
        let worker = Worker::new(Arc::clone(&self.node), uid.to_owned(), waker);
        let (workers, uid) = (self.clone(), uid.to_owned());
        self.tasks.spawn(async move {
            worker.run().await;
            workers.retire(&uid);
        });
    }

    /// Everything may have changed.
    pub fn wake_all(&self) {
        let mut uids: Vec<String> = self.lock().keys().cloned().collect();
        uids.extend(self.node.pods.uids());
        uids.sort();
        uids.dedup();
        for uid in uids {
            self.wake(&uid);
        }
    }

    /// A worker is done with its pod. Should the pod be back meanwhile, it gets a new one.
    fn retire(&self, uid: &str) {
        self.lock().remove(uid);
        if self
            .node
            .pods
            .get(uid)
            .is_some_and(|pod| pod.metadata.deletion_timestamp.is_none())
        {
            self.wake(uid);
        }
    }

    /// Waits until all workers have ended, after the shutdown.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Notify>>> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
