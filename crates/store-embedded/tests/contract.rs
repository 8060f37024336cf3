//! The embedded store passes the contract of the store port.

use std::sync::Arc;

use async_trait::async_trait;
use tempfile::TempDir;
use weir_store::{CommitError, Listing, Past, Range, ReadError, Record, Revision, Store, Watch, WatchError, Write};
use weir_store_embedded::EmbeddedStore;

weir_store::store_contract!(InDirectory::new());

/// A store together with the directory it lives in.
struct InDirectory {
    store: EmbeddedStore,
    _directory: TempDir,
}

impl InDirectory {
    fn new() -> Self {
        let directory = TempDir::new().expect("temporary directory");
        Self {
            store: EmbeddedStore::open(directory.path()).expect("open"),
            _directory: directory,
        }
    }
}

#[async_trait]
impl Store for InDirectory {
    fn revision(&self) -> Revision {
        self.store.revision()
    }

    async fn get(&self, key: &str, at: Option<Revision>) -> Result<Option<Record>, ReadError> {
        self.store.get(key, at).await
    }

    async fn list(&self, range: Range, at: Option<Revision>) -> Result<Listing, ReadError> {
        self.store.list(range, at).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<Revision, CommitError> {
        self.store.commit(writes).await
    }

    async fn watch(&self, prefix: &str, from: Revision) -> Result<Watch, WatchError> {
        self.store.watch(prefix, from).await
    }

    async fn changes(&self, prefix: &str, from: Revision, limit: usize) -> Result<Past, WatchError> {
        self.store.changes(prefix, from, limit).await
    }

    async fn compact(&self, upto: Revision) -> Result<(), ReadError> {
        self.store.compact(upto).await
    }
}

#[tokio::test]
async fn shared_store_can_be_used_as_a_trait_object() {
    let store: Arc<dyn Store> = Arc::new(InDirectory::new());
    assert_eq!(store.revision(), Revision(0));
}
