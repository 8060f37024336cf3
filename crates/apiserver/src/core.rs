use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use weir_store::{ReadError, Store};

use crate::cache::{Entry, Feed};
use crate::catalog::{Catalog, Served, Stored};
use crate::definitions::Definitions;
use crate::describe::Descriptions;
use crate::in_flight::InFlight;
use crate::metrics::Metrics;
use crate::{Admission, ApiError, Authenticator, Authorizer, GroupResource, ProtobufTables};

/// Tells the time, so that tests can stop it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Makes the ends of generated names, so that tests can choose them.
pub(crate) type Suffix = Arc<dyn Fn() -> String + Send + Sync>;

/// What all requests share.
pub(crate) struct Core {
    pub store: Arc<dyn Store>,
    pub catalog: Catalog,
    pub feed: Arc<Feed>,
    /// Lives as long as anything that reads from the caches.
    pub feeding: Feeding,
    pub authenticator: Arc<dyn Authenticator>,
    pub authorizer: Arc<dyn Authorizer>,
    pub admission: Option<Arc<dyn Admission>>,
    pub namespaces: Option<Arc<Served>>,
    pub definitions: Definitions,
    pub descriptions: Descriptions,
    pub in_flight: InFlight,
    pub metrics: Metrics,
    /// How bodies in protobuf are read.
    pub protobuf: ProtobufTables,
    pub clock: Clock,
    pub suffix: Suffix,
    /// Cancelled when the server drains: watches end, nothing new is ready.
    pub closing: CancellationToken,
}

/// The task that keeps the caches current; dropping it ends it.
pub(crate) struct Feeding(JoinHandle<()>);

impl Feeding {
    pub fn start(feed: &Arc<Feed>, store: &Arc<dyn Store>) -> Self {
        let (feed, store) = (feed.clone(), store.clone());
        Self(tokio::spawn(async move { feed.run(store).await }))
    }

    /// `false` when the store was closed: what the caches show then stays as it is.
    pub fn is_running(&self) -> bool {
        !self.0.is_finished()
    }
}

impl Drop for Feeding {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Core {
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// A stored resource by its id. Handlers name only resources they know to be served.
    pub fn stored(&self, id: &GroupResource) -> Result<Arc<Served>, ApiError> {
        let served = self.catalog.by_id(id).filter(|served| served.stored.is_some());
        served
            .cloned()
            .ok_or_else(|| ApiError::internal(format!("{id} is not a stored resource of this server")))
    }

    /// Waits until the caches show every commit that was answered before this call; returns that revision.
    pub async fn refresh(&self) -> Result<u64, ApiError> {
        let newest = self.store.revision();
        self.feed.reach(newest).await?;
        Ok(newest.0)
    }

    /// The same, and at least up to `version`. Whoever names a version that does not exist yet may have seen it on
    /// another way that is faster than this one, so it is waited for a little.
    pub async fn refresh_to(&self, version: u64) -> Result<u64, ApiError> {
        let newest = self.refresh().await?;
        if version <= newest || self.feed.await_version(version).await {
            return Ok(newest.max(version));
        }
        Err(too_large_version(version, self.store.revision().0))
    }

    /// The newest state of one object.
    pub async fn entry(&self, served: &Served, namespace: &str, name: &str) -> Result<Arc<Entry>, ApiError> {
        let stored = served.in_store()?;
        self.refresh().await?;
        let found = stored.cache.get(&served.key(namespace, name));
        found.ok_or_else(|| ApiError::not_found(&served.id, name))
    }
}

impl Served {
    pub(crate) fn in_store(&self) -> Result<&Stored, ApiError> {
        self.stored
            .as_ref()
            .ok_or_else(|| ApiError::internal(format!("{} is not stored", self.id)))
    }
}

/// A read of the store that failed, as clients see it.
pub(crate) fn read_error(error: ReadError) -> ApiError {
    match error {
        ReadError::Compacted { wanted, oldest } => {
            ApiError::expired(format!("too old resource version: {} ({})", wanted.0, oldest.0))
        }
        ReadError::Future { wanted, newest } => too_large_version(wanted.0, newest.0),
        ReadError::Unavailable(why) => ApiError::service_unavailable(format!("the store cannot be read: {why}")),
    }
}

/// Somebody names a revision that does not exist yet; another server may have shown it.
fn too_large_version(wanted: u64, newest: u64) -> ApiError {
    ApiError::timeout(format!("Too large resource version: {wanted}, current: {newest}"), 1).with_cause(crate::Cause {
        reason: "ResourceVersionTooLarge".to_owned(),
        message: "Too large resource version".to_owned(),
        field: String::new(),
    })
}
