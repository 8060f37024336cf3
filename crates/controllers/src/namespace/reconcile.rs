use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use http::Request;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{DeleteParams, ListParams, Preconditions};
use serde_json::json;

use super::conditions::Seen;
use super::plan::{finalized, holds_up_the_rest, is_to_be_emptied, overdue, rank};
use crate::control_loop::{ControlLoop, Next};
use crate::error::{ReconcileError, code, found};
use crate::key::Key;
use crate::queue::Queue;
use crate::served::{ServedKind, stored_kinds};
use crate::world::World;

/// Objects listed and deleted at a time.
const PAGE: u32 = 500;
/// Deletions of one namespace that are under way together.
const AT_A_TIME: usize = 8;
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

    /// Asks everything to go, in order, and tells what stays for now.
    async fn empty(&self, namespace: &str) -> Result<Seen, ReconcileError> {
        let kinds = stored_kinds(&self.world.client).await;
        let mut kinds = kinds.map_err(ReconcileError::api("find out which kinds are served"))?;
        kinds.retain(|kind| kind.namespaced);
        kinds.sort_by_key(|kind| rank(&kind.resource.plural));
        let mut seen = Seen::default();
        for kind in &kinds {
            if let Err(error) = self.empty_of(namespace, kind, &mut seen).await {
                seen.failures.push(error.to_string());
            }
            if holds_up_the_rest(&kind.resource.plural) && !seen.is_empty() {
                break;
            }
        }
        let (pods, now) = (self.world.pods.in_namespace(namespace), self.world.clock.now());
        seen.overdue = pods.iter().filter_map(|pod| overdue(pod, now)).collect();
        Ok(seen)
    }

    async fn empty_of(&self, namespace: &str, kind: &ServedKind, seen: &mut Seen) -> Result<(), ReconcileError> {
        let api = kind.api(self.world.client.clone(), namespace);
        let mut page = ListParams::default().limit(PAGE);
        loop {
            let listed = api.list_metadata(&page).await;
            let list = listed.map_err(ReconcileError::api(format!(
                "list the {} of namespace {namespace}",
                kind.resource.plural
            )))?;
            let stays = stream::iter(list.items.into_iter().map(|object| object.metadata))
                .map(|meta| self.delete(namespace, kind, meta))
                .buffer_unordered(AT_A_TIME);
            let stays: Vec<Option<ObjectMeta>> = stays.try_collect().await?;
            for meta in stays.into_iter().flatten() {
                *seen
                    .left
                    .entry(format!("{}.{}", kind.resource.plural, kind.resource.group))
                    .or_default() += 1;
                for finalizer in meta.finalizers.into_iter().flatten() {
                    *seen.finalizers.entry(finalizer).or_default() += 1;
                }
            }
            match list.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => page = page.continue_token(&token),
                None => return Ok(()),
            }
        }
    }

    /// Deletes one object. What stays all the same, because it ends slowly or is held.
    async fn delete(
        &self,
        namespace: &str,
        kind: &ServedKind,
        meta: ObjectMeta,
    ) -> Result<Option<ObjectMeta>, ReconcileError> {
        if meta.deletion_timestamp.is_some() {
            return Ok(Some(meta));
        }
        let preconditions = Preconditions {
            uid: meta.uid.clone(),
            resource_version: None,
        };
        let parameters = DeleteParams {
            preconditions: Some(preconditions),
            ..DeleteParams::background()
        };
        let name = meta.name.as_deref().unwrap_or_default();
        let api = kind.api(self.world.client.clone(), namespace);
        match api.delete(name, &parameters).await {
            Ok(answer) => Ok(answer.left().map(|object| object.metadata)),
            Err(error) if code(&error) == Some(404) => Ok(None),
            // Replaced meanwhile; the next look decides.
            Err(error) if code(&error) == Some(409) => Ok(Some(meta)),
            Err(error) => Err(ReconcileError::api(format!(
                "delete {} {namespace}/{name}",
                kind.resource.kind
            ))(error)),
        }
    }

    /// Writes what was seen into the status, when it says something new.
    async fn tell(&self, namespace: &Namespace, seen: &Seen) -> Result<(), ReconcileError> {
        let before = namespace
            .status
            .as_ref()
            .and_then(|status| status.conditions.as_deref());
        let before = before.unwrap_or_default();
        let conditions = seen.conditions(before, self.world.clock.now());
        if conditions == before {
            return Ok(());
        }
        let key = Key::of(namespace);
        let patch = json!({"status": {"conditions": conditions}});
        let written = found(self.world.namespaces.merge_status(&key, &patch).await);
        written.map(drop).map_err(ReconcileError::api(format!(
            "write the status of namespace {}",
            key.name
        )))
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
        let seen = self.empty(&key.name).await?;
        self.tell(&namespace, &seen).await?;
        if !seen.is_empty() {
            return Ok(Next::After(LOOK_AGAIN));
        }
        self.release(&namespace).await?;
        Ok(Next::Change)
    }
}
