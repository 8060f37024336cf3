use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::de::DeserializeOwned;
use weir_apiserver::Followed;

/// What decides in each namespace, in the order of names. Most namespaces have none.
pub(super) struct PerNamespace<T> {
    known: RwLock<HashMap<String, BTreeMap<String, Arc<T>>>>,
}

impl<T> Default for PerNamespace<T> {
    fn default() -> Self {
        Self {
            known: RwLock::default(),
        }
    }
}

impl<T> PerNamespace<T> {
    pub fn has(&self, namespace: &str) -> bool {
        self.read().contains_key(namespace)
    }

    pub fn of(&self, namespace: &str) -> Vec<Arc<T>> {
        let known = self.read();
        let named = known.get(namespace);
        named.map(|named| named.values().cloned().collect()).unwrap_or_default()
    }

    pub fn reset<K: DeserializeOwned>(&self, objects: &[Followed<'_>])
    where
        T: for<'a> From<&'a K>,
    {
        self.write().clear();
        for object in objects {
            self.changed::<K>(*object);
        }
    }

    /// Takes in what `object` is now. What cannot be read decides nothing; nothing of the kind can be stored.
    pub fn changed<K: DeserializeOwned>(&self, object: Followed<'_>)
    where
        T: for<'a> From<&'a K>,
    {
        let Followed { namespace, name, value } = object;
        let read = value.map(serde_json::from_slice::<K>).transpose();
        let read = read.inspect_err(|error| tracing::error!(namespace, name, %error, "it cannot be read"));
        let mut known = self.write();
        match read.ok().flatten() {
            Some(stored) => {
                let named = known.entry(namespace.to_owned()).or_default();
                named.insert(name.to_owned(), Arc::new(T::from(&stored)));
            }
            None => {
                let Some(named) = known.get_mut(namespace) else { return };
                named.remove(name);
                if named.is_empty() {
                    known.remove(namespace);
                }
            }
        }
    }

    /// What a panic left behind is whole: entries are replaced, never changed in place.
    fn read(&self) -> RwLockReadGuard<'_, HashMap<String, BTreeMap<String, Arc<T>>>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<String, BTreeMap<String, Arc<T>>>> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}
