//! All objects of one kind as last seen: by watch, and by our own writes, which are visible here as soon as the API
//! has answered them. A loop that just created three pods counts three pods, however late the watch is.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use kube::Resource;
use kube::runtime::watcher;
use tokio::sync::watch;

use crate::key::Key;

/// What a loop is told: something about this object changed. Before and after serve to find the keys to look at, never
/// to decide what to do.
pub struct Change<K> {
    pub before: Option<Arc<K>>,
    pub after: Option<Arc<K>>,
}

impl<K> Change<K> {
    /// The object as it is now, or as it was last if it is gone.
    pub fn latest(&self) -> Option<&Arc<K>> {
        self.after.as_ref().or(self.before.as_ref())
    }

    /// Both sides of the change.
    pub fn sides(&self) -> impl Iterator<Item = &Arc<K>> {
        self.before.iter().chain(self.after.iter())
    }
}

type Handler<K> = Box<dyn Fn(&Change<K>) + Send + Sync>;

/// The objects of one kind.
pub struct Cache<K> {
    state: RwLock<State<K>>,
    /// Held while a change is stored and told, so that handlers see changes in order.
    order: Mutex<()>,
    handlers: RwLock<Vec<Handler<K>>>,
    synced: watch::Sender<bool>,
}

struct State<K> {
    objects: BTreeMap<Key, Arc<K>>,
    /// The newest revision that the watch has shown. Whatever is older and not here has been deleted.
    seen: u64,
    /// Uids that we deleted and the watch still shows.
    deleted: HashMap<String, Key>,
    /// Present while a list is coming in: the keys that must survive it.
    listing: Option<BTreeSet<Key>>,
}

impl<K: Resource<DynamicType = ()> + Send + Sync + 'static> Cache<K> {
    pub fn new() -> Self {
        let state = State {
            objects: BTreeMap::new(),
            seen: 0,
            deleted: HashMap::new(),
            listing: None,
        };
        Self {
            state: RwLock::new(state),
            order: Mutex::new(()),
            handlers: RwLock::new(Vec::new()),
            synced: watch::Sender::new(false),
        }
    }

    /// Calls `handler` on every change from now on. It must be quick, and must not write to this cache.
    pub fn on_change(&self, handler: impl Fn(&Change<K>) + Send + Sync + 'static) {
        self.handlers
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Box::new(handler));
    }

    pub fn get(&self, key: &Key) -> Option<Arc<K>> {
        self.read().objects.get(key).cloned()
    }

    /// The objects of one namespace, by name.
    pub fn in_namespace(&self, namespace: &str) -> Vec<Arc<K>> {
        let first = Key::new(namespace, "");
        let state = self.read();
        let range = state
            .objects
            .range(first..)
            .take_while(|(key, _)| key.namespace == namespace);
        range.map(|(_, object)| object.clone()).collect()
    }

    /// All objects, by namespace and name.
    pub fn all(&self) -> Vec<Arc<K>> {
        self.read().objects.values().cloned().collect()
    }

    /// Ready once the first list is in.
    pub async fn synced(&self) {
        let mut synced = self.synced.subscribe();
        // The sender lives in `self`, so waiting can only end well.
        let _ = synced.wait_for(|synced| *synced).await;
    }

    /// Takes in what the watch says.
    pub fn observe_event(&self, event: watcher::Event<K>) {
        match event {
            watcher::Event::Init => self.write().listing = Some(BTreeSet::new()),
            watcher::Event::InitApply(object) | watcher::Event::Apply(object) => self.observe(object, Source::Watch),
            watcher::Event::InitDone => self.finish_listing(),
            watcher::Event::Delete(object) => self.observe_deletion_event(&object),
        }
    }

    /// Takes in the answer to one of our writes.
    pub fn observe_write(&self, object: K) {
        self.observe(object, Source::Write);
    }

    /// Takes in that one of our deletions was final.
    pub fn observe_deleted(&self, key: &Key, uid: &str) {
        let _order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let before = {
            let mut state = self.write();
            match state.objects.get(key) {
                Some(object) if object.meta().uid.as_deref() == Some(uid) => {}
                _ => return,
            }
            state.deleted.insert(uid.to_owned(), key.clone());
            state.objects.remove(key)
        };
        self.tell(&Change { before, after: None });
    }

    fn observe(&self, mut object: K, source: Source) {
        object.meta_mut().managed_fields = None;
        let key = Key::of(&object);
        let _order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(change) = self.write().take(key, object, source) else {
            return;
        };
        self.tell(&change);
    }

    fn observe_deletion_event(&self, object: &K) {
        let key = Key::of(object);
        let _order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let before = {
            let mut state = self.write();
            state.seen = state.seen.max(revision(object));
            if let Some(uid) = &object.meta().uid {
                state.deleted.remove(uid);
            }
            // Another uid under the same name is a newer object that we created or saw already.
            match state.objects.get(&key) {
                Some(held) if held.meta().uid == object.meta().uid => state.objects.remove(&key),
                _ => return,
            }
        };
        self.tell(&Change { before, after: None });
    }

    fn finish_listing(&self) {
        let _order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let gone: Vec<Arc<K>> = {
            let mut state = self.write();
            let listed = state.listing.take().unwrap_or_default();
            state.deleted.retain(|_, key| listed.contains(key));
            let missing: Vec<Key> = state
                .objects
                .keys()
                .filter(|key| !listed.contains(key))
                .cloned()
                .collect();
            missing.iter().filter_map(|key| state.objects.remove(key)).collect()
        };
        for object in gone {
            self.tell(&Change {
                before: Some(object),
                after: None,
            });
        }
        self.synced.send_replace(true);
    }

    fn tell(&self, change: &Change<K>) {
        for handler in self.handlers.read().unwrap_or_else(PoisonError::into_inner).iter() {
            handler(change);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State<K>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State<K>> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Watch,
    Write,
}

impl<K: Resource<DynamicType = ()>> State<K> {
    /// Stores `object` unless something as new is known; the change to tell, if any.
    fn take(&mut self, key: Key, object: K, source: Source) -> Option<Change<K>> {
        let revision = revision(&object);
        let held = self.objects.get(&key);
        if source == Source::Write && held.is_none() && revision != 0 && revision <= self.seen {
            // The watch has been past this write already, and then saw the object go.
            return None;
        }
        if source == Source::Watch {
            self.seen = self.seen.max(revision);
        }
        if let Some(listing) = &mut self.listing {
            listing.insert(key.clone());
        }
        if object
            .meta()
            .uid
            .as_ref()
            .is_some_and(|uid| self.deleted.contains_key(uid))
        {
            return None;
        }
        if held.is_some_and(|held| is_old_news(held.as_ref(), &object, revision)) {
            return None;
        }
        let after = Arc::new(object);
        let before = self.objects.insert(key, after.clone());
        Some(Change {
            before,
            after: Some(after),
        })
    }
}

fn is_old_news<K: Resource>(held: &K, object: &K, revision_of_object: u64) -> bool {
    let known = revision(held);
    if known == 0 || revision_of_object == 0 {
        // Not a server whose versions can be compared: whoever speaks last is right.
        return false;
    }
    let same_deletion = held.meta().deletion_timestamp == object.meta().deletion_timestamp;
    known > revision_of_object || (known == revision_of_object && same_deletion)
}

/// The object's revision as a number, 0 where the server's versions are not numbers.
fn revision<K: Resource>(object: &K) -> u64 {
    object
        .meta()
        .resource_version
        .as_deref()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
