use std::sync::Arc;

use weir_store::Record;

use crate::GroupResource;

/// Keeps an own view of stored resources, for what must be decided in microseconds, such as authorization.
///
/// It is told of every change, in the order of commits, and whoever writes one of the resources that it follows is
/// answered only after it was told: the next request of the same client is decided by what the client just wrote.
pub trait Follower: Send + Sync {
    /// What is given is all there is of `resource`; whatever was known of it is void.
    fn reset(&self, resource: &GroupResource, objects: &[Followed<'_>]);

    fn changed(&self, resource: &GroupResource, object: Followed<'_>);
}

/// One object as it is stored now.
#[derive(Clone, Copy, Debug)]
pub struct Followed<'a> {
    /// Empty for cluster-scoped resources.
    pub namespace: &'a str,
    pub name: &'a str,
    /// JSON, without resourceVersion; `None` when the object was deleted.
    pub value: Option<&'a [u8]>,
}

/// A resource and who follows it.
pub(crate) struct Following {
    pub resource: GroupResource,
    pub follower: Arc<dyn Follower>,
}

impl<'a> Followed<'a> {
    /// Keys end with `NAMESPACE/NAME`; the namespace of cluster-scoped objects is `-`.
    pub(crate) fn new(key: &'a str, record: Option<&'a Record>) -> Self {
        let mut parts = key.rsplit('/');
        let name = parts.next().unwrap_or_default();
        let namespace = parts.next().filter(|namespace| *namespace != "-").unwrap_or_default();
        let value = record.map(|record| record.value.as_ref());
        Self { namespace, name, value }
    }
}
