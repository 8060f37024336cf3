use std::sync::Arc;
use std::time::Duration;

use http::Request;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{DeleteParams, ListParams, Preconditions};

use super::plan::{finalized, is_to_be_emptied, rank};
use crate::control_loop::{ControlLoop, Next};
use crate::error::{ReconcileError, code, found};
use crate::key::Key;
use crate::queue::Queue;
use crate::served::{ServedKind, stored_kinds};
use crate::world::World;

/// Objects listed and deleted at a time.
const PAGE: u32 = 500;
/// What ends gracefully or is held by finalizers is looked at again after this long; pods say so themselves.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The loop.
pub struct Namespaces {
    world: Arc<World>,
}

impl Namespaces {
    pub fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self { world })
    }

    /// Asks every object of one kind to go. How many were there.
    async fn empty(&self, namespace: &str, kind: &ServedKind) -> Result<usize, ReconcileError> {
        let api = kind.api(self.world.client.clone(), namespace);
        let mut page = ListParams::default().limit(PAGE);
        let mut count = 0;
        loop {
            let listed = api.list_metadata(&page).await;
            let list = listed.map_err(ReconcileError::api(format!(
                "list the {} of namespace {namespace}",
                kind.resource.plural
            )))?;
            for object in &list.items {
                count += 1;
                if object.metadata.deletion_timestamp.is_none() {
                    let name = object.metadata.name.as_deref().unwrap_or_default();
                    self.delete(namespace, kind, name, object.metadata.uid.clone()).await?;
                }
            }
            match list.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => page = page.continue_token(&token),
                None => return Ok(count),
            }
        }
    }

    async fn delete(
        &self,
        namespace: &str,
        kind: &ServedKind,
        name: &str,
        uid: Option<String>,
    ) -> Result<(), ReconcileError> {
        let preconditions = Preconditions {
            uid,
            resource_version: None,
        };
        let parameters = DeleteParams {
            preconditions: Some(preconditions),
            ..DeleteParams::background()
        };
        match kind
            .api(self.world.client.clone(), namespace)
            .delete(name, &parameters)
            .await
        {
            Ok(_) => Ok(()),
            // Gone, or replaced meanwhile; the next look decides.
            Err(error) if matches!(code(&error), Some(404 | 409)) => Ok(()),
            Err(error) => Err(ReconcileError::api(format!(
                "delete {} {namespace}/{name}",
                kind.resource.kind
            ))(error)),
        }
    }

    async fn release(&self, namespace: &Namespace) -> Result<(), ReconcileError> {
        let name = namespace.metadata.name.clone().unwrap_or_default();
        let what = || format!("namespace {name}");
        let body = serde_json::to_vec(&finalized(namespace));
        let body = body.map_err(|source| ReconcileError::Encode { what: what(), source })?;
        let request = Request::put(format!("/api/v1/namespaces/{name}/finalize"))
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|error| ReconcileError::api(format!("finalize {}", what()))(kube::Error::HttpError(error)))?;
        let answer = found(self.world.client.request::<serde_json::Value>(request).await);
        answer
            .map(drop)
            .map_err(ReconcileError::api(format!("finalize {}", what())))
    }
}

impl ControlLoop for Namespaces {
    type Key = Key;
    const NAME: &'static str = "namespace";
    const WORKERS: usize = 2;

    fn connect(self: &Arc<Self>, queue: &Arc<Queue<Key>>) {
        let keys = queue.clone();
        self.world.namespaces.on_change(move |change| {
            if let Some(namespace) = change.after.as_ref().filter(|namespace| is_to_be_emptied(namespace)) {
                keys.add(Key::of(&**namespace));
            }
        });
        let (world, keys) = (self.world.clone(), queue.clone());
        self.world.pods.on_change(move |change| {
            let (Some(pod), None) = (&change.before, &change.after) else {
                return;
            };
            let key = Key::new("", Key::of(&**pod).namespace);
            if world
                .namespaces
                .get(&key)
                .is_some_and(|namespace| is_to_be_emptied(&namespace))
            {
                keys.add(key);
            }
        });
    }

    async fn reconcile(&self, key: &Key) -> Result<Next, ReconcileError> {
        let Some(namespace) = self.world.namespaces.read(key).await? else {
            return Ok(Next::Change);
        };
        if !is_to_be_emptied(&namespace) {
            return Ok(Next::Change);
        }
        let kinds = stored_kinds(&self.world.client).await;
        let mut kinds = kinds.map_err(ReconcileError::api("find out which kinds are served"))?;
        kinds.retain(|kind| kind.namespaced);
        kinds.sort_by_key(|kind| rank(&kind.resource.plural));
        let mut left = 0;
        for kind in &kinds {
            left += self.empty(&key.name, kind).await?;
        }
        if left > 0 {
            return Ok(Next::After(LOOK_AGAIN));
        }
        self.release(&namespace).await?;
        Ok(Next::Change)
    }
}
