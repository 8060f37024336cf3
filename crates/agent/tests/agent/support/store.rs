//! Objects with revisions, and a broadcast of what changes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use tokio::sync::broadcast;

/// Changes a watcher may be late by.
const KEPT: usize = 4096;

#[derive(Clone, Debug)]
pub struct Change {
    pub revision: u64,
    pub plural: String,
    pub kind: &'static str,
    pub object: Value,
}

#[derive(Clone)]
pub struct Store {
    inner: Arc<Mutex<Inner>>,
    changes: broadcast::Sender<Change>,
}

#[derive(Default)]
struct Inner {
    objects: BTreeMap<(String, String, String), Value>,
    history: Vec<Change>,
    revision: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            inner: Arc::default(),
            changes: broadcast::channel(KEPT).0,
        }
    }
}

impl Store {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no panic while locked")
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    pub fn get(&self, plural: &str, namespace: &str, name: &str) -> Option<Value> {
        self.lock().objects.get(&key(plural, namespace, name)).cloned()
    }

    pub fn list(&self, plural: &str) -> (u64, Vec<Value>) {
        let inner = self.lock();
        let matching = inner.objects.iter().filter(|((known, ..), _)| known == plural);
        (inner.revision, matching.map(|(_, object)| object.clone()).collect())
    }

    /// Changes after a revision, and those to come.
    pub fn since(&self, revision: u64) -> (Vec<Change>, broadcast::Receiver<Change>) {
        let inner = self.lock();
        let seen = inner
            .history
            .iter()
            .filter(|change| change.revision > revision)
            .cloned()
            .collect();
        (seen, self.changes.subscribe())
    }

    pub fn put(&self, plural: &str, mut object: Value) -> Value {
        let mut inner = self.lock();
        inner.revision += 1;
        let revision = inner.revision;
        object["metadata"]["resourceVersion"] = json!(revision.to_string());
        if object["metadata"]["uid"].is_null() {
            object["metadata"]["uid"] = json!(format!("uid-{revision}"));
        }
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
        let key = (plural.to_owned(), text("namespace"), text("name"));
        let known = inner.objects.insert(key, object.clone());
        let kind = if known.is_some() { "MODIFIED" } else { "ADDED" };
        self.tell(&mut inner, plural, kind, object.clone());
        object
    }

    pub fn remove(&self, plural: &str, namespace: &str, name: &str) -> Option<Value> {
        let mut inner = self.lock();
        let mut object = inner.objects.remove(&key(plural, namespace, name))?;
        inner.revision += 1;
        object["metadata"]["resourceVersion"] = json!(inner.revision.to_string());
        self.tell(&mut inner, plural, "DELETED", object.clone());
        Some(object)
    }

    fn tell(&self, inner: &mut Inner, plural: &str, kind: &'static str, object: Value) {
        let change = Change {
            revision: inner.revision,
            plural: plural.to_owned(),
            kind,
            object,
        };
        inner.history.push(change.clone());
        let _listeners = self.changes.send(change);
    }
}

fn key(plural: &str, namespace: &str, name: &str) -> (String, String, String) {
    (plural.to_owned(), namespace.to_owned(), name.to_owned())
}
