use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Event;
use kube::api::{DeleteParams, ListParams, Preconditions};
use kube::{Api, Client};

use super::plan::is_expired;
use crate::clock::Clock;
use crate::error::{ReconcileError, code};

/// Time between two looks: a fraction of how long events are kept, so that few stay much longer.
const LOOK_EVERY: Duration = Duration::from_secs(5 * 60);
/// Events read at a time.
const PAGE: u32 = 500;

/// The loop. It has one key, all events, and only time wakes it.
pub struct EventExpiry {
    client: Client,
    clock: Clock,
}

impl EventExpiry {
    pub fn new(client: Client, clock: Clock) -> Arc<Self> {
        Arc::new(Self { client, clock })
    }

    /// Looks again and again, for ever.
    pub async fn run(self: Arc<Self>) {
        loop {
            if let Err(error) = self.sweep().await {
                tracing::warn!(%error, "old events could not be deleted and will be next time");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn sweep(&self) -> Result<(), ReconcileError> {
        let all: Api<Event> = Api::all(self.client.clone());
        let mut page = ListParams::default().limit(PAGE);
        loop {
            let list = all.list(&page).await.map_err(ReconcileError::api("list events"))?;
            let now = self.clock.now();
            for event in list.items.iter().filter(|event| is_expired(event, now)) {
                self.delete(event).await?;
            }
            match list.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => page = page.continue_token(&token),
                None => return Ok(()),
            }
        }
    }

    async fn delete(&self, event: &Event) -> Result<(), ReconcileError> {
        let namespace = event.metadata.namespace.as_deref().unwrap_or_default();
        let name = event.metadata.name.as_deref().unwrap_or_default();
        let preconditions = Preconditions {
            uid: event.metadata.uid.clone(),
            // An event that was counted up since it was read is not old.
            resource_version: event.metadata.resource_version.clone(),
        };
        let parameters = DeleteParams {
            preconditions: Some(preconditions),
            ..DeleteParams::default()
        };
        match Api::<Event>::namespaced(self.client.clone(), namespace)
            .delete(name, &parameters)
            .await
        {
            Ok(_) => Ok(()),
            Err(error) if matches!(code(&error), Some(404 | 409)) => Ok(()),
            Err(error) => Err(ReconcileError::api(format!("delete event {namespace}/{name}"))(error)),
        }
    }
}
