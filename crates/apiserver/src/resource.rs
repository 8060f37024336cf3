use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use http::Response;
use serde_json::Value;

use crate::{ApiError, Connect, FieldError, RequestContext, Schema};

/// An API object: a JSON object with `apiVersion`, `kind` and `metadata`. Unknown fields live on.
pub type Object = Value;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupResource {
    pub group: &'static str,
    pub resource: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GroupVersionKind {
    pub group: &'static str,
    pub version: &'static str,
    pub kind: &'static str,
}

impl GroupVersionKind {
    /// `apps.openshift.io/v1`; `v1` for the core group.
    pub fn api_version(&self) -> String {
        match self.group {
            "" => self.version.to_owned(),
            group => format!("{group}/{}", self.version),
        }
    }
}

impl Verb {
    /// As discovery and authorization name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::List => "list",
            Verb::Watch => "watch",
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Patch => "patch",
            Verb::Delete => "delete",
            Verb::DeleteCollection => "deletecollection",
        }
    }
}

impl fmt::Display for GroupResource {
    /// `imagestreams.image.openshift.io`; resources of the core group have no suffix.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group {
            "" => out.write_str(self.resource),
            group => write!(out, "{}.{group}", self.resource),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Namespaced,
    Cluster,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
}

/// One column of the server-side table. Priority 1 is shown by `-o wide` only.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    /// `string`, `integer`, `number`, `boolean` or `date`.
    pub kind: &'static str,
    pub format: &'static str,
    pub description: &'static str,
    pub priority: i32,
}

/// Everything the generic path must know of a served resource. Built once at start.
pub struct Resource {
    pub kind: GroupVersionKind,
    pub plural: &'static str,
    pub singular: &'static str,
    pub scope: Scope,
    pub short_names: &'static [&'static str],
    pub categories: &'static [&'static str],
    pub serving: Serving,
    pub subresources: Vec<Subresource>,
    /// Columns of the table and the cells of one object, in the same order.
    pub columns: &'static [Column],
    pub cells: fn(&Object, now: jiff::Timestamp) -> Vec<Value>,
    /// Whether tables show the oldest object first, as a history is read. Lists stay in the order of names.
    pub oldest_first: bool,
    /// Values that `fieldSelector` may name besides `metadata.name` and `metadata.namespace`: the same names for every
    /// object, with `""` for what it does not have.
    pub fields: fn(&Object) -> Vec<(&'static str, String)>,
    /// How lists merge in strategic merge patches.
    pub schema: &'static Schema,
}

impl Resource {
    pub fn id(&self) -> GroupResource {
        GroupResource {
            group: self.kind.group,
            resource: self.plural,
        }
    }
}

pub enum Serving {
    /// Kept in the store under the generic path.
    Stored(Arc<dyn Strategy>),
    /// Computed on request: a projection of stored resources, or an action (`create` only).
    Virtual {
        verbs: &'static [Verb],
        handler: Arc<dyn VirtualResource>,
    },
}

/// An object that comes into being together with another one. It is the server's own wish: no prepare hook runs.
#[derive(Clone, Debug)]
pub struct Companion {
    pub resource: GroupResource,
    pub object: Object,
}

/// The meaning of a stored resource, called by the generic path. Hooks see whole objects; the machinery itself keeps
/// uid, resourceVersion, creationTimestamp, deletion fields, and bumps nothing else.
#[async_trait]
pub trait Strategy: Send + Sync {
    /// Fills what the user may leave out. Must be idempotent.
    fn default(&self, _object: &mut Object) {}

    /// Drops what users may not set at creation, fills what the server owns.
    async fn prepare_for_create(&self, _cx: &RequestContext, _object: &mut Object) -> Result<(), ApiError> {
        Ok(())
    }

    /// The same for an update through the main resource.
    async fn prepare_for_update(
        &self,
        _cx: &RequestContext,
        _object: &mut Object,
        _old: &Object,
    ) -> Result<(), ApiError> {
        Ok(())
    }

    /// The same for an update through `/status`, when the resource has it. By default only `status` is taken from
    /// the request.
    async fn prepare_for_status_update(
        &self,
        _cx: &RequestContext,
        object: &mut Object,
        old: &Object,
    ) -> Result<(), ApiError> {
        let status = object.get("status").cloned();
        let version = object["metadata"]["resourceVersion"].clone();
        *object = old.clone();
        object["metadata"]["resourceVersion"] = version;
        if let Some(status) = status {
            object["status"] = status;
        }
        Ok(())
    }

    fn validate(&self, _object: &Object) -> Vec<FieldError> {
        Vec::new()
    }

    fn validate_update(&self, object: &Object, _old: &Object) -> Vec<FieldError> {
        self.validate(object)
    }

    /// Computes fields that are never stored, on every object that leaves the server. Depends on nothing but the object,
    /// and leaves its labels alone: selectors look at those that are stored.
    fn decorate(&self, _object: &mut Object) {}

    /// `false` promises that `decorate` does nothing, so that objects leave as they are stored, without being decoded.
    fn is_decorated(&self) -> bool {
        true
    }

    /// Seconds that the object stays, marked as deleted, until a DELETE with grace 0 ends it (pods, for their
    /// containers to stop). `requested` is what the client asked for. `None`: deletion is immediate.
    fn graceful_deletion_seconds(&self, _object: &Object, _requested: Option<u32>) -> Option<u32> {
        None
    }

    /// May this object be deleted?
    async fn validate_delete(&self, _cx: &RequestContext, _object: &Object) -> Result<(), ApiError> {
        Ok(())
    }

    /// Must the object stay for a reason that is not in `metadata.finalizers` (a namespace's `spec.finalizers`)?
    fn holds_deletion(&self, _object: &Object) -> bool {
        false
    }

    /// Changes an object that is marked as deleted but stays (a namespace's phase becomes `Terminating`).
    fn begin_deletion(&self, _object: &mut Object) {}

    /// What is created in the same commit as `object`, as far as it is not there yet (a namespace's service accounts).
    fn companions(&self, _object: &Object) -> Vec<Companion> {
        Vec::new()
    }

    /// A name that no object can have and that stands for one nevertheless, such as `~` for the user who asks. A GET of
    /// it is answered by [`Strategy::get_alias`].
    fn is_alias(&self, _name: &str) -> bool {
        false
    }

    async fn get_alias(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        Err(cx.not_found(name))
    }

    /// May a PUT leave out `metadata.resourceVersion`?
    fn allow_unconditional_update(&self) -> bool {
        true
    }

    /// Does a PUT of an object that is not there create it?
    fn allow_create_on_update(&self) -> bool {
        false
    }

    /// Characters a name may have. The default is a DNS-1123 subdomain.
    fn validate_name(&self, name: &str) -> Result<(), String> {
        crate::context::validate_dns1123_subdomain(name)
    }
}

/// How a computed resource shows the objects of a stored one, each by itself. Watches of it follow those of the stored.
#[derive(Clone)]
pub struct View {
    pub of: GroupResource,
    pub show: fn(&Object) -> Object,
    /// What a field that selectors name here is called there.
    pub stored_field: fn(&str) -> String,
    /// Not everybody sees every object: [`VirtualResource::sees`] is asked.
    pub is_personal: bool,
}

/// A resource that is computed. Unlisted verbs are answered 405 before the handler sees them.
#[async_trait]
pub trait VirtualResource: Send + Sync {
    async fn get(&self, cx: &RequestContext, _name: &str) -> Result<Object, ApiError> {
        Err(cx.method_not_supported())
    }

    /// The items, in the order they are shown. The machinery wraps, selects (by labels and fields) and tabulates.
    async fn list(&self, cx: &RequestContext) -> Result<Vec<Object>, ApiError> {
        Err(cx.method_not_supported())
    }

    /// The stored resource that this one shows. Needed for `watch`.
    fn view(&self) -> Option<View> {
        None
    }

    /// An answer to a list request that is not a list, for resources that have nothing to list but are asked.
    async fn list_answer(&self, _cx: &RequestContext) -> Result<Option<Object>, ApiError> {
        Ok(None)
    }

    /// The answer and whether it is 201 (`true`) or 200.
    async fn create(&self, cx: &RequestContext, _object: Object) -> Result<(Object, bool), ApiError> {
        Err(cx.method_not_supported())
    }

    /// PUT, and PATCH after the machinery applied the patch to `get`. The answer and whether it created (201).
    async fn update(&self, cx: &RequestContext, _name: &str, _object: Object) -> Result<(Object, bool), ApiError> {
        Err(cx.method_not_supported())
    }

    async fn delete(&self, cx: &RequestContext, _name: &str, _options: &Value) -> Result<Object, ApiError> {
        Err(cx.method_not_supported())
    }

    /// Whether whoever asks sees this stored object, for views that are personal.
    async fn sees(&self, _cx: &RequestContext, _stored: &Object) -> bool {
        true
    }
}

/// A path below a named object, such as `status`, `scale`, `log`.
pub struct Subresource {
    pub name: &'static str,
    /// Kind that discovery names; `scale` of DeploymentConfigs for example is of another group.
    pub kind: GroupVersionKind,
    pub verbs: &'static [Verb],
    pub handler: Handler,
}

pub enum Handler {
    /// The object itself through [`Strategy::prepare_for_status_update`].
    Status,
    Custom(Arc<dyn SubresourceHandler>),
}

#[async_trait]
pub trait SubresourceHandler: Send + Sync {
    /// GET, and the base of a PATCH.
    async fn get(&self, cx: &RequestContext, _name: &str) -> Result<Object, ApiError> {
        Err(cx.method_not_supported())
    }

    /// POST of a JSON object. The answer is 201.
    async fn create(&self, cx: &RequestContext, _name: &str, _object: Object) -> Result<Object, ApiError> {
        Err(cx.method_not_supported())
    }

    /// PUT, and PATCH after the machinery applied the patch to `get`.
    async fn update(&self, cx: &RequestContext, _name: &str, _object: Object) -> Result<Object, ApiError> {
        Err(cx.method_not_supported())
    }

    /// `true`: every request goes to [`SubresourceHandler::connect`] with its raw body (logs, exec, uploads, webhooks).
    fn is_connect(&self) -> bool {
        false
    }

    /// Whether a connection lasts as long as its client likes, as logs and terminals do. `false`: it ends by itself, and
    /// counts among the requests of its user like a write.
    fn is_long_running(&self) -> bool {
        true
    }

    /// Whether something follows the subresource in the path of a connection. Without it such paths lead nowhere.
    fn takes_path(&self) -> bool {
        false
    }

    async fn connect(&self, cx: &RequestContext, _name: &str, _request: Connect) -> Result<Response<Body>, ApiError> {
        Err(cx.method_not_supported())
    }
}
