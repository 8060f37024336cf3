use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use http::Request;

use crate::{ApiError, GroupResource, UserInfo};

/// What a handler knows of the request it serves.
#[derive(Clone)]
pub struct RequestContext {
    pub user: UserInfo,
    pub resource: GroupResource,
    pub subresource: Option<&'static str>,
    /// Empty for cluster-scoped resources and for lists over all namespaces.
    pub namespace: String,
    /// Query parameters; keys may repeat (`command=a&command=b`).
    pub query: Arc<BTreeMap<String, Vec<String>>>,
    /// `dryRun=All`: everything but the commit happens.
    pub dry_run: bool,
    pub user_agent: Arc<str>,
    pub objects: crate::Objects,
}

/// A raw request to a connect subresource, with the path that follows its name. Upgrade state is still in the
/// request's extensions, so it can be handed to another in-process service.
pub struct Connect {
    pub request: Request<Body>,
    pub rest: String,
}
