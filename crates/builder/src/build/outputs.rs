use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// An image is pushed under the local name that it has: two builds with one output push one after the other.
#[derive(Default)]
pub(crate) struct Outputs {
    taken: Mutex<HashMap<String, Weak<AsyncMutex<()>>>>,
}

impl Outputs {
    /// Waits until nobody else pushes to this name.
    pub async fn lock(&self, name: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            taken.retain(|_, lock| lock.strong_count() > 0);
            let known = taken.get(name).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let lock = Arc::new(AsyncMutex::new(()));
                taken.insert(name.to_owned(), Arc::downgrade(&lock));
                lock
            })
        };
        lock.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn one_name_has_one_holder_at_a_time() {
        let outputs = Outputs::default();
        let held = outputs.lock("a").await;
        assert!(outputs.lock("a").now_or_never().is_none());
        assert!(outputs.lock("b").now_or_never().is_some());
        drop(held);
        assert!(outputs.lock("a").now_or_never().is_some());
    }
}
