//! `metadata.generation`: counts the versions of the wish, for clients that wait until a controller has seen theirs.

use weir_apiserver::Object;

use crate::json;

pub(crate) fn start(object: &mut Object) {
    json::put(object, &["metadata", "generation"], 1);
}

/// The stored generation, one higher when something that counts has changed. Clients cannot set it.
pub(crate) fn follow(object: &mut Object, old: &Object, changed: bool) {
    let stored = json::number(old, "/metadata/generation").unwrap_or_default();
    json::put(object, &["metadata", "generation"], stored + i64::from(changed));
}
