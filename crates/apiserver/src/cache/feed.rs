use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt;
use tokio::sync::watch;
use weir_store::{Change, Range, ReadError, Revision, Store, WatchError};

use super::Cache;
use crate::ApiError;
use crate::follower::{Followed, Following};

/// What all keys of the API start with.
pub(crate) const ROOT: &str = "/registry/";
/// How long a read waits for the caches to catch up with the store. They are normally microseconds behind.
const CATCH_UP: Duration = Duration::from_secs(3);
/// Pause before the store is read again after it failed.
const RETRY: Duration = Duration::from_millis(200);
/// Commits before a start that caches remember for watches that resume; the store itself remembers more.
const REMEMBERED: u64 = 8_192;
/// Changes that are read at once.
const PIECE: usize = 1_024;

/// Keeps the caches at the state of the store.
pub(crate) struct Feed {
    caches: HashMap<String, Arc<Cache>>,
    /// By the same prefixes.
    followers: HashMap<String, Following>,
    /// All caches have applied everything up to this revision.
    applied: AtomicU64,
    announce: watch::Sender<u64>,
}

impl Feed {
    /// Reads everything that is stored.
    pub async fn load(
        store: &dyn Store,
        caches: impl IntoIterator<Item = Arc<Cache>>,
        followers: HashMap<String, Following>,
    ) -> Result<Self, ReadError> {
        let feed = Self {
            caches: caches.into_iter().map(|cache| (cache.prefix.clone(), cache)).collect(),
            followers,
            applied: AtomicU64::new(0),
            announce: watch::Sender::new(0),
        };
        feed.reload(store).await?;
        Ok(feed)
    }

    /// A revision that all caches have reached.
    pub fn applied(&self) -> u64 {
        self.applied.load(Ordering::Acquire)
    }

    /// Whether somebody follows what is stored under `key`.
    pub fn is_followed(&self, key: &str) -> bool {
        prefix_of(key).is_some_and(|prefix| self.followers.contains_key(prefix))
    }

    /// Waits until the caches and all followers have seen `revision`.
    pub async fn reach(&self, revision: Revision) -> Result<(), ApiError> {
        if self.applied() >= revision.0 {
            return Ok(());
        }
        let mut applied = self.announce.subscribe();
        let reached = applied.wait_for(|applied| *applied >= revision.0);
        match tokio::time::timeout(CATCH_UP, reached).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(ApiError::service_unavailable("the server is shutting down")),
            Err(_) => Err(ApiError::timeout("the watch cache is behind the store", 1)),
        }
    }

    /// Waits a little for a revision that does not exist yet; `false` when it did not come.
    pub async fn await_version(&self, version: u64) -> bool {
        let mut applied = self.announce.subscribe();
        let reached = applied.wait_for(|applied| *applied >= version);
        matches!(tokio::time::timeout(CATCH_UP, reached).await, Ok(Ok(_)))
    }

    /// Applies what the store commits, until the store is closed.
    pub async fn run(&self, store: Arc<dyn Store>) {
        loop {
            match self.follow(&*store).await {
                WatchError::Closed => return,
                // What the store's history still holds is not lost: it is asked again from where it stopped.
                WatchError::Lagged => continue,
                error @ WatchError::Compacted { .. } => {
                    tracing::warn!(%error, "the watch caches start over from a listing");
                }
            }
            while let Err(error) = self.reload(&*store).await {
                tracing::error!(%error, "the store cannot be listed");
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    /// Returns why the changes ended.
    async fn follow(&self, store: &dyn Store) -> WatchError {
        let mut changes = match store.watch("", Revision(self.applied())).await {
            Ok(changes) => changes,
            Err(error) => return error,
        };
        loop {
            match changes.next().await {
                Some(Ok(batch)) => self.apply(batch),
                Some(Err(error)) => return error,
                None => return WatchError::Closed,
            }
        }
    }

    fn apply(&self, changes: Vec<Change>) {
        let Some(last) = changes.last().map(|change| change.revision.0) else {
            return;
        };
        let mut grouped: Vec<(&Arc<Cache>, Vec<Change>)> = Vec::with_capacity(1);
        for change in changes {
            let Some(cache) = prefix_of(&change.key).and_then(|prefix| self.caches.get(prefix)) else {
                continue; // of another part of the store, or of a resource that is served no more
            };
            self.tell(&change);
            match grouped.iter_mut().find(|(known, _)| Arc::ptr_eq(known, cache)) {
                Some((_, changes)) => changes.push(change),
                None => grouped.push((cache, vec![change])),
            }
        }
        for (cache, changes) in grouped {
            cache.apply(changes);
        }
        self.advance(last);
    }

    fn tell(&self, change: &Change) {
        if let Some(following) = prefix_of(&change.key).and_then(|prefix| self.followers.get(prefix)) {
            let followed = Followed::new(&change.key, change.current.as_ref());
            following.follower.changed(&following.resource, followed);
        }
    }

    async fn reload(&self, store: &dyn Store) -> Result<(), ReadError> {
        let everything = Range {
            prefix: ROOT.to_owned(),
            ..Range::default()
        };
        let listing = store.list(everything, None).await?;
        let (history, after) = history(store, listing.revision).await;
        let mut records = self.by_cache(listing.records, |record| &record.key);
        let mut changes = self.by_cache(history, |change| &change.key);
        for (prefix, following) in &self.followers {
            let records = records.get(prefix.as_str()).map(Vec::as_slice).unwrap_or_default();
            let objects: Vec<Followed<'_>> = records
                .iter()
                .map(|record| Followed::new(&record.key, Some(record)))
                .collect();
            following.follower.reset(&following.resource, &objects);
        }
        for (prefix, cache) in &self.caches {
            let history = changes.remove(prefix.as_str()).unwrap_or_default();
            let records = records.remove(prefix.as_str()).unwrap_or_default();
            cache.reset(records, listing.revision.0, (history, after.0));
        }
        self.advance(listing.revision.0);
        Ok(())
    }

    /// Sorts things by the caches that their keys belong to. What is served no more belongs to none.
    fn by_cache<T>(&self, things: Vec<T>, key: impl Fn(&T) -> &str) -> HashMap<&str, Vec<T>> {
        let mut sorted: HashMap<&str, Vec<T>> = HashMap::new();
        for thing in things {
            let known = prefix_of(key(&thing)).and_then(|prefix| self.caches.get_key_value(prefix));
            if let Some((prefix, _)) = known {
                sorted.entry(prefix).or_default().push(thing);
            }
        }
        sorted
    }

    fn advance(&self, revision: u64) {
        self.applied.store(revision, Ordering::Release);
        self.announce.send_replace(revision);
    }
}

/// The last changes up to `newest`, and the revision after which they are complete. A store that forgets them meanwhile
/// costs nothing but this.
async fn history(store: &dyn Store, newest: Revision) -> (Vec<Change>, Revision) {
    let mut start = Revision(newest.0.saturating_sub(REMEMBERED));
    if let Err(WatchError::Compacted { oldest, .. }) = store.changes(ROOT, start, 1).await {
        start = oldest;
    }
    let (mut changes, mut reached) = (Vec::new(), start);
    while reached < newest {
        match store.changes(ROOT, reached, PIECE).await {
            Ok(past) => {
                reached = past.complete_to;
                changes.extend(past.changes);
            }
            Err(_) => return (Vec::new(), newest),
        }
    }
    changes.retain(|change| change.revision <= newest);
    (changes, start)
}

/// `/registry/GROUP/PLURAL/` of a key.
fn prefix_of(key: &str) -> Option<&str> {
    let (end, _) = key.match_indices('/').nth(3)?;
    key.get(..=end)
}
