use std::sync::Arc;

use crate::cache::{EventKind, Filter, Signal, Start, Subscription};
use crate::catalog::Served;
use crate::core::Core;
use crate::selector::FieldSelector;
use crate::{ApiError, GroupResource, Object, Objects};

/// One object as it changes. It shows states, not events: a slow reader misses those in between and sees the newest.
/// Dropping it ends the watch.
pub struct ObjectWatch {
    core: Arc<Core>,
    served: Arc<Served>,
    filter: Filter,
    subscription: Option<Subscription>,
}

impl Objects {
    /// For handlers that wait for something to become true of one object.
    pub async fn watch_object(
        &self,
        resource: &GroupResource,
        namespace: &str,
        name: &str,
    ) -> Result<ObjectWatch, ApiError> {
        let served = self.core.stored(resource)?;
        let namespace = Some(namespace.to_owned()).filter(|namespace| !namespace.is_empty());
        let fields = FieldSelector::equal("metadata.name", name);
        let filter = Filter {
            namespace,
            fields,
            ..Filter::default()
        };
        Ok(ObjectWatch {
            core: self.core.clone(),
            served,
            filter,
            subscription: None,
        })
    }
}

impl ObjectWatch {
    /// At first the object as it is, then as it is after each change; `None` while it does not exist.
    pub async fn next(&mut self) -> Result<Option<Object>, ApiError> {
        let closing = self.core.closing.clone();
        tokio::select! {
            biased;
            () = closing.cancelled() => Err(self::closing()),
            state = self.next_state() => state,
        }
    }

    async fn next_state(&mut self) -> Result<Option<Object>, ApiError> {
        loop {
            let Some(subscription) = &mut self.subscription else {
                return self.begin().await;
            };
            match subscription.next().await {
                Some(Signal::Change(delivery)) => {
                    let form = &self.served.in_store()?.cache.form;
                    let shown = match delivery.kind {
                        EventKind::Deleted => None,
                        kind => delivery.event.shown(kind),
                    };
                    return Ok(shown.map(|entry| entry.object(form)).transpose()?);
                }
                None if self.core.closing.is_cancelled() => return Err(closing()),
                // Changes were missed: what counts is how it is now.
                Some(Signal::Expired) | None => self.subscription = None,
            }
        }
    }

    async fn begin(&mut self) -> Result<Option<Object>, ApiError> {
        self.core.refresh().await?;
        let cache = &self.served.in_store()?.cache;
        let subscription = cache
            .subscribe(&self.filter, Start::WithCurrent, self.core.feed.applied())?
            .ok_or_else(|| ApiError::internal("the cache does not know its present"))?;
        let current = subscription
            .initial
            .clone()
            .next()
            .map(|entry| entry.object(&cache.form))
            .transpose()?;
        self.subscription = Some(subscription);
        Ok(current)
    }
}

fn closing() -> ApiError {
    ApiError::service_unavailable("the server is shutting down")
}
