//! What each verb does with a resource, once the request is known to be allowed.

mod create;
mod delete;
mod get;
mod list;
mod patch;
mod respond;
mod subresource;
mod update;
mod watch;

use std::sync::Arc;

use axum::body::Body;
use http::{Request, Response};

use crate::body::Encoding;
use crate::catalog::Served;
use crate::core::Core;
use crate::patch::APPLY;
use crate::representation::Representation;
use crate::request_info::{ResourcePath, method_not_allowed};
use crate::{ApiError, Object, RequestContext, Verb, body, managed_fields, metadata};

/// A request about a resource that is served.
pub(crate) struct Call {
    pub core: Arc<Core>,
    pub cx: RequestContext,
    pub served: Arc<Served>,
    pub path: ResourcePath,
    /// Of the body; `None` when the client does not say.
    pub content_type: Option<String>,
    pub representation: Representation,
}

impl Call {
    pub fn name(&self) -> &str {
        &self.path.name
    }

    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// How the body is written.
    pub fn encoding(&self) -> Encoding<'_> {
        Encoding {
            content_type: self.content_type(),
            protobuf: &self.core.protobuf,
            definitions: &self.core.definitions,
        }
    }

    /// Namespace and name of a stored object.
    pub fn place(&self) -> (&str, &str) {
        (&self.path.namespace, &self.path.name)
    }
}

/// Answers a request. Its body is still unread.
pub(crate) async fn serve(call: Call, request: Request<Body>) -> Result<Response<Body>, ApiError> {
    check_scope(&call)?;
    check_writer(&call)?;
    if !call.path.subresource.is_empty() {
        return subresource::serve(call, request).await;
    }
    let verb = verb(&call.cx)?;
    if !call.served.verbs().contains(&verb) {
        return Err(method_not_allowed());
    }
    let named = !call.path.name.is_empty();
    match verb {
        Verb::Get => get::serve(&call).await,
        Verb::List => list::serve(&call).await,
        Verb::Watch => watch::serve(&call).await,
        Verb::Create if !named => create::serve(&call, request.into_body()).await,
        Verb::Update if named => update::serve(&call, request.into_body()).await,
        Verb::Patch if named => patch::serve(&call, request.into_body()).await,
        Verb::Delete => delete::one(&call, request.into_body()).await,
        Verb::DeleteCollection => delete::collection(&call, request.into_body()).await,
        Verb::Create | Verb::Update | Verb::Patch => Err(method_not_allowed()),
    }
}

fn verb(cx: &RequestContext) -> Result<Verb, ApiError> {
    match cx.verb {
        "get" => Ok(Verb::Get),
        "list" => Ok(Verb::List),
        "watch" => Ok(Verb::Watch),
        "create" => Ok(Verb::Create),
        "update" => Ok(Verb::Update),
        "patch" => Ok(Verb::Patch),
        "delete" => Ok(Verb::Delete),
        "deletecollection" => Ok(Verb::DeleteCollection),
        _ => Err(method_not_allowed()),
    }
}

/// Who writes must be told in a way that can be noted down.
fn check_writer(call: &Call) -> Result<(), ApiError> {
    let verb = match call.cx.verb {
        "create" => Verb::Create,
        "update" => Verb::Update,
        "patch" => Verb::Patch,
        _ => return Ok(()),
    };
    let is_apply = verb == Verb::Patch && body::media_type(call.content_type()) == APPLY;
    managed_fields::check_options(&call.cx, verb, is_apply)
}

/// Cluster-scoped resources are not in namespaces; objects of the others are only there. Lists may go over all.
fn check_scope(call: &Call) -> Result<(), ApiError> {
    let reads_all = matches!(call.cx.verb, "list" | "watch");
    match (call.served.is_namespaced(), call.path.namespace.is_empty()) {
        (true, false) | (false, true) => Ok(()),
        (true, true) if reads_all => Ok(()),
        (true, true) if call.path.name.is_empty() => Err(method_not_allowed()),
        _ => Err(ApiError::no_such_path()),
    }
}

/// The body is about the object that the URL names. What it leaves out is filled.
fn check_place(call: &Call, object: &mut Object) -> Result<(), ApiError> {
    let members = metadata::members(object);
    let text = |field: &str| members.get(field).and_then(|value| value.as_str()).unwrap_or_default();
    let (name, namespace) = (text("name"), text("namespace"));
    if !call.path.name.is_empty() && !name.is_empty() && name != call.path.name {
        return Err(ApiError::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            call.path.name
        )));
    }
    if call.served.is_namespaced() && !namespace.is_empty() && namespace != call.path.namespace {
        return Err(ApiError::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if !call.path.name.is_empty() {
        members.insert("name".to_owned(), call.path.name.clone().into());
    }
    if call.served.is_namespaced() {
        members.insert("namespace".to_owned(), call.path.namespace.clone().into());
    }
    Ok(())
}
