//! One served kind as the loops see it: read from the cache, written through the API, own writes visible at once.

use std::fmt::Debug;
use std::sync::Arc;

use futures::TryStreamExt;
use k8s_openapi::{ClusterResourceScope, NamespaceResourceScope};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cache::{Cache, Change};
use crate::error::{ReconcileError, found};
use crate::key::Key;
use crate::metrics::Metrics;

/// The kinds a collection can hold.
pub trait Stored:
    Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Serialize + Send + Sync + 'static
{
}
impl<K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Serialize + Send + Sync + 'static> Stored
    for K
{
}

/// All objects of kind `K`, in every namespace.
pub struct Collection<K> {
    client: Client,
    cache: Cache<K>,
    api: fn(Client, &str) -> Api<K>,
    /// Field selector of what is watched; empty for all.
    fields: &'static str,
}

impl<K: Stored> Collection<K> {
    pub fn namespaced(client: Client) -> Self
    where
        K: Resource<Scope = NamespaceResourceScope>,
    {
        Self {
            client,
            cache: Cache::new(),
            api: |client, namespace| Api::namespaced(client, namespace),
            fields: "",
        }
    }

    pub fn cluster(client: Client) -> Self
    where
        K: Resource<Scope = ClusterResourceScope>,
    {
        Self {
            client,
            cache: Cache::new(),
            api: |client, _| Api::all(client),
            fields: "",
        }
    }

    /// Only those that the field selector matches.
    pub fn selected(mut self, fields: &'static str) -> Self {
        self.fields = fields;
        self
    }

    pub fn on_change(&self, handler: impl Fn(&Change<K>) + Send + Sync + 'static) {
        self.cache.on_change(handler);
    }

    pub fn get(&self, key: &Key) -> Option<Arc<K>> {
        self.cache.get(key)
    }

    pub fn in_namespace(&self, namespace: &str) -> Vec<Arc<K>> {
        self.cache.in_namespace(namespace)
    }

    pub fn all(&self) -> Vec<Arc<K>> {
        self.cache.all()
    }

    pub async fn synced(&self) {
        self.cache.synced().await;
    }

    /// Watches until the stream ends, which it does only when the runtime stops.
    pub async fn watch(&self, metrics: &Metrics) {
        let mut config = watcher::Config::default();
        if !self.fields.is_empty() {
            config = config.fields(self.fields);
        }
        let events = watcher(Api::<K>::all(self.client.clone()), config).default_backoff();
        let mut events = std::pin::pin!(events);
        loop {
            match events.try_next().await {
                Ok(Some(event)) => self.cache.observe_event(event),
                Ok(None) => return,
                Err(error) => {
                    metrics.watch_failed(&K::plural(&()));
                    tracing::warn!(kind = %K::kind(&()), %error, "the watch was interrupted and starts again");
                }
            }
        }
    }

    /// The object as the API has it now, for the few decisions that a cache may not take.
    pub async fn read(&self, key: &Key) -> Result<Option<K>, ReconcileError> {
        let object = self.api(key).get(&key.name).await;
        found(object).map_err(ReconcileError::api(format!("read {} {key}", K::kind(&()))))
    }

    /// Creates `object`; its namespace is in its metadata. The kube error is kept for callers that tell causes apart.
    pub async fn create(&self, object: &K) -> Result<K, kube::Error> {
        let created = self
            .api(&Key::of(object))
            .create(&PostParams::default(), object)
            .await?;
        self.cache.observe_write(created.clone());
        Ok(created)
    }

    /// A merge patch of the main resource.
    pub async fn merge(&self, key: &Key, patch: &Value) -> Result<(), kube::Error> {
        let changed = self
            .api(key)
            .patch(&key.name, &PatchParams::default(), &Patch::Merge(patch))
            .await?;
        self.cache.observe_write(changed);
        Ok(())
    }

    /// A merge patch of the status subresource.
    pub async fn merge_status(&self, key: &Key, patch: &Value) -> Result<(), kube::Error> {
        let changed = self
            .api(key)
            .patch_status(&key.name, &PatchParams::default(), &Patch::Merge(patch))
            .await?;
        self.cache.observe_write(changed);
        Ok(())
    }

    /// A JSON patch of the main resource: touches exactly the fields it names.
    pub async fn edit(&self, key: &Key, patch: json_patch::Patch) -> Result<(), kube::Error> {
        let changed = self
            .api(key)
            .patch(&key.name, &PatchParams::default(), &Patch::Json::<()>(patch))
            .await?;
        self.cache.observe_write(changed);
        Ok(())
    }

    /// Deletes the very object with `uid`; one that is gone already is deleted. Whether there was something to delete.
    pub async fn delete(&self, key: &Key, uid: &str) -> Result<bool, kube::Error> {
        let preconditions = Preconditions {
            uid: Some(uid.to_owned()),
            resource_version: None,
        };
        let parameters = DeleteParams {
            preconditions: Some(preconditions),
            ..DeleteParams::background()
        };
        let answer = found(self.api(key).delete(&key.name, &parameters).await)?;
        let existed = answer.is_some();
        match answer.and_then(|answer| answer.left()) {
            // Still there: it ends gracefully, or a finalizer holds it.
            Some(object) if object.meta().deletion_timestamp.is_some() => self.cache.observe_write(object),
            _ => self.cache.observe_deleted(key, uid),
        }
        Ok(existed)
    }

    fn api(&self, key: &Key) -> Api<K> {
        (self.api)(self.client.clone(), &key.namespace)
    }
}
