use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::Request;

use crate::warnings::Warnings;
use crate::{ApiError, FieldValidation, GroupResource, Objects, UserInfo};

/// Who writes when no request asked for it.
const OWN_AGENT: &str = "weir";

/// Query parameters; keys may repeat (`command=a&command=b`).
pub type Query = BTreeMap<String, Vec<String>>;

/// What a handler knows of the request it serves.
#[derive(Clone)]
pub struct RequestContext {
    pub user: UserInfo,
    pub resource: GroupResource,
    pub subresource: Option<&'static str>,
    /// Empty for cluster-scoped resources and for lists over all namespaces.
    pub namespace: String,
    /// As authorization knows it: `get`, `list`, `create`, `update`, `patch`, `delete`, `deletecollection`, `watch`.
    pub verb: &'static str,
    /// Query parameters; keys may repeat (`command=a&command=b`).
    pub query: Arc<Query>,
    /// `dryRun=All`: everything but the commit happens.
    pub dry_run: bool,
    /// What becomes of fields that the kind does not have.
    pub field_validation: FieldValidation,
    pub user_agent: Arc<str>,
    pub objects: Objects,
    pub(crate) warnings: Warnings,
}

impl RequestContext {
    /// The context of work that no request asked for, such as filling an empty store.
    pub fn internal(objects: Objects, user: UserInfo, resource: GroupResource) -> Self {
        Self {
            user,
            resource,
            subresource: None,
            namespace: String::new(),
            verb: "",
            query: Arc::default(),
            dry_run: false,
            field_validation: FieldValidation::Ignore,
            user_agent: Arc::from(OWN_AGENT),
            objects,
            warnings: Warnings::default(),
        }
    }

    /// Tells the client something that is no reason to refuse the request; `oc` and `kubectl` print it as `Warning: ...`.
    /// Said once, in one line.
    pub fn warn(&self, text: &str) {
        self.warnings.add(text);
    }

    /// The same request as seen by another resource, for handlers that write through to it.
    pub fn for_resource(&self, resource: GroupResource) -> Self {
        Self {
            subresource: self.subresource.filter(|_| resource == self.resource),
            resource,
            ..self.clone()
        }
    }

    /// The same request in another namespace.
    pub fn in_namespace(&self, namespace: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            ..self.clone()
        }
    }

    pub fn method_not_supported(&self) -> ApiError {
        ApiError::method_not_supported(&self.resource, self.verb)
    }

    pub fn not_found(&self, name: &str) -> ApiError {
        ApiError::not_found(&self.resource, name)
    }

    /// The first value of a query parameter.
    pub fn query_value(&self, key: &str) -> Option<&str> {
        self.query_values(key).first().map(String::as_str)
    }

    /// All values of a query parameter, in the order they were given.
    pub fn query_values(&self, key: &str) -> &[String] {
        self.query.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// A query parameter that is a boolean: present without a value means `true`.
    pub fn query_flag(&self, key: &str) -> Result<bool, ApiError> {
        crate::query::flag(&self.query, key)
    }
}

/// A raw request to a connect subresource, with the path that follows its name, as it was sent. Upgrade state is still
/// in the request's extensions, so it can be handed to another in-process service.
pub struct Connect {
    pub request: Request<Body>,
    pub rest: String,
}

impl Connect {
    /// The segments of the path that follows. Other than names they may hold slashes, which are written as `%2F`.
    pub fn segments(&self) -> Result<Vec<String>, ApiError> {
        let segments = self.rest.split('/').filter(|_| !self.rest.is_empty());
        segments.map(|segment| crate::query::unescape(segment, false)).collect()
    }

    /// The whole body, within the bound for all bodies: 413 past it.
    pub async fn into_body(self) -> Result<Bytes, ApiError> {
        crate::body::read(self.request.into_body()).await
    }
}

pub use crate::names::validate_dns1123_subdomain;
