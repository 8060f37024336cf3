use std::sync::Arc;

use crate::{ApiError, Attributes, Authorizer, Decision, GroupResource, Object, RequestContext, UserInfo};

/// How a write treats the object it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateMode {
    /// As a PUT of the object: `prepare_for_update`.
    Main,
    /// As a PUT of its `/status`: `prepare_for_status_update`.
    Status,
    /// No prepare hook runs, validation does: for virtual resources that write spec and status of a stored one at once.
    Internal,
}

/// One write of several that happen together or not at all.
#[derive(Clone, Debug)]
pub enum Planned {
    Create {
        resource: GroupResource,
        object: Object,
    },
    Update {
        resource: GroupResource,
        object: Object,
        mode: UpdateMode,
    },
}

/// The stored resources, for handlers. Cheap to clone.
#[derive(Clone)]
pub struct Objects {
    core: Arc<Core>,
}

struct Core {
    authorizer: Arc<dyn Authorizer>,
}

impl Objects {
    /// As it leaves the server: decorated, with its resourceVersion.
    pub async fn get(&self, resource: &GroupResource, _namespace: &str, name: &str) -> Result<Object, ApiError> {
        Err(ApiError::not_found(resource, name))
    }

    /// All that match `labels`, in one namespace or (`""`) in all.
    pub async fn list(
        &self,
        _resource: &GroupResource,
        _namespace: &str,
        _labels: Option<&str>,
    ) -> Result<Vec<Object>, ApiError> {
        Err(ApiError::no_such_path())
    }

    /// The generic way of a creation, with the resource's strategy.
    pub async fn create(
        &self,
        _cx: &RequestContext,
        _resource: &GroupResource,
        _object: Object,
    ) -> Result<Object, ApiError> {
        Err(ApiError::no_such_path())
    }

    /// The generic way of an update. 409 when `metadata.resourceVersion` is given and stale.
    pub async fn update(
        &self,
        _cx: &RequestContext,
        _resource: &GroupResource,
        _object: Object,
        _mode: UpdateMode,
    ) -> Result<Object, ApiError> {
        Err(ApiError::no_such_path())
    }

    /// Reads, changes, writes; again when somebody else wrote in between. Nothing is written when nothing changed.
    pub async fn update_with(
        &self,
        _cx: &RequestContext,
        resource: &GroupResource,
        _namespace: &str,
        name: &str,
        _mode: UpdateMode,
        _change: impl FnMut(&mut Object) -> Result<(), ApiError> + Send,
    ) -> Result<Object, ApiError> {
        Err(ApiError::not_found(resource, name))
    }

    /// As a DELETE: finalizers and graceful deletion keep the object, which is then returned as it stays.
    pub async fn delete(
        &self,
        _cx: &RequestContext,
        resource: &GroupResource,
        _namespace: &str,
        name: &str,
    ) -> Result<Object, ApiError> {
        Err(ApiError::not_found(resource, name))
    }

    /// Several creations and updates of stored resources in one revision, all or none.
    pub async fn commit(&self, _cx: &RequestContext, _planned: Vec<Planned>) -> Result<Vec<Object>, ApiError> {
        Err(ApiError::no_such_path())
    }

    pub async fn authorize(&self, user: &UserInfo, attributes: &Attributes) -> Decision {
        self.core.authorizer.authorize(user, attributes).await
    }
}
