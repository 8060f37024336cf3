//! Owner references: who manages an object, and how to say so.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::Resource;

/// The reference of the one controller that manages the object, if any.
pub fn controller_of(meta: &ObjectMeta) -> Option<&OwnerReference> {
    meta.owner_references
        .iter()
        .flatten()
        .find(|owner| owner.controller == Some(true))
}

/// Whether `owner` is the controller of the object with `meta`.
pub fn is_controlled_by<K: Resource>(meta: &ObjectMeta, owner: &K) -> bool {
    let uid = owner.meta().uid.as_deref();
    controller_of(meta).is_some_and(|reference| Some(reference.uid.as_str()) == uid)
}

/// The name of the controller of kind `kind`, if the object has such a controller.
pub fn controller_named<'a>(meta: &'a ObjectMeta, kind: &str) -> Option<&'a str> {
    controller_of(meta)
        .filter(|owner| owner.kind == kind)
        .map(|owner| owner.name.as_str())
}

/// A reference that makes `owner` the controller. With `block`, a foreground deletion of the owner waits for the object.
pub fn controller_reference<K: Resource<DynamicType = ()>>(owner: &K, block: bool) -> OwnerReference {
    let meta = owner.meta();
    OwnerReference {
        api_version: K::api_version(&()).into_owned(),
        kind: K::kind(&()).into_owned(),
        name: meta.name.clone().unwrap_or_default(),
        uid: meta.uid.clone().unwrap_or_default(),
        controller: Some(true),
        block_owner_deletion: block.then_some(true),
    }
}

/// The object's uid; empty where the API has not given one, which matches nothing.
pub fn uid<K: Resource>(object: &K) -> &str {
    object.meta().uid.as_deref().unwrap_or_default()
}

pub fn annotation<'a>(meta: &'a ObjectMeta, key: &str) -> Option<&'a str> {
    meta.annotations.as_ref()?.get(key).map(String::as_str)
}

pub fn label<'a>(meta: &'a ObjectMeta, key: &str) -> Option<&'a str> {
    meta.labels.as_ref()?.get(key).map(String::as_str)
}
