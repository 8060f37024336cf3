//! The path of every request, in its order. Each step is one function; a step that refuses ends the request.

mod authentication;
mod authorization;
mod head;
mod impersonation;
mod shown;

pub(crate) use authorization::authorize;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::response::IntoResponse;
use http::header::{CONTENT_TYPE, HeaderName, USER_AGENT};
use http::{HeaderMap, Request, Response};

use crate::core::Core;
use crate::metrics::RequestLabels;
use crate::representation::Representation;
use crate::request_info::{RequestInfo, ResourcePath, Target};
use crate::verbs::{self, Call};
use crate::warnings::Warnings;
use crate::{
    ApiError, FieldError, FieldValidation, GroupVersionKind, Objects, RequestContext, UserInfo, describe, gzip, query,
};

/// Longest time to the head of an answer. Watches and connections to logs and the like have no end of their own.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) async fn serve(core: Arc<Core>, request: Request<Body>) -> Response<Body> {
    let started = Instant::now();
    let asked = tracing::enabled!(tracing::Level::DEBUG).then(|| shown::target(request.uri()));
    let mut labels = RequestLabels {
        verb: "other",
        group: "",
        resource: "",
        subresource: "",
        code: 0,
    };
    let warnings = Warnings::default();
    let mut response = match answer(&core, request, &mut labels, &warnings).await {
        Ok(response) => response,
        Err(error) => {
            if error.code >= 500 {
                tracing::warn!(verb = labels.verb, resource = labels.resource, code = error.code, %error, "request failed");
            }
            error.into_response()
        }
    };
    warnings.write(response.headers_mut());
    labels.code = response.status().as_u16().into();
    if let Some(target) = asked {
        tracing::debug!(verb = labels.verb, target, code = labels.code, took = ?started.elapsed(), "answered");
    }
    core.metrics.observe(labels, started.elapsed());
    response
}

async fn answer(
    core: &Arc<Core>,
    request: Request<Body>,
    labels: &mut RequestLabels,
    warnings: &Warnings,
) -> Result<Response<Body>, ApiError> {
    let (head, body) = request.into_parts();
    head::check(&head)?;
    let query = Arc::new(query::parse(head.uri.query())?);
    let info = RequestInfo::parse(&head.method, &head.uri, &query)?;
    labels.verb = info.verb;
    let user = authentication::authenticate(core, &head).await?;
    let user = impersonation::impersonate(core, user, &head.headers).await?;
    let attributes = info.attributes(&query);
    authorize(core, &user, &attributes).await?;
    match info.target {
        Target::Path(path) => describe::serve(core, &path, &query, &head).await,
        Target::Resource(path) => {
            let mut call = call(core, user, info.verb, path, query, &head.headers, labels)?;
            call.cx.warnings = warnings.clone();
            let packs = matches!(call.cx.verb, "get" | "list") && !connects(&call) && gzip::is_accepted(&head.headers);
            let answer = limited(core, call, Request::from_parts(head, body)).await?;
            Ok(if packs { gzip::pack_large(answer) } else { answer })
        }
    }
}

/// Finds what the path names, and gathers what handlers need to know.
fn call(
    core: &Arc<Core>,
    user: UserInfo,
    verb: &'static str,
    path: ResourcePath,
    query: Arc<crate::context::Query>,
    headers: &HeaderMap,
    labels: &mut RequestLabels,
) -> Result<Call, ApiError> {
    let served = core
        .catalog
        .find(&path.group, &path.version, &path.resource)
        .ok_or_else(ApiError::no_such_path)?;
    (labels.group, labels.resource) = (served.id.group, served.id.resource);
    labels.subresource = served
        .subresource(&path.subresource)
        .map_or("", |subresource| subresource.name);
    let cx = RequestContext {
        user,
        resource: served.id.clone(),
        subresource: None,
        namespace: path.namespace.clone(),
        verb,
        dry_run: dry_run(
            options_of(verb),
            query.get("dryRun").map(Vec::as_slice).unwrap_or_default(),
        )?,
        user_agent: Arc::from(text(headers, &USER_AGENT).unwrap_or_default()),
        field_validation: FieldValidation::parse(&query)?,
        warnings: Warnings::default(),
        objects: Objects::new(core.clone()),
        query,
    };
    Ok(Call {
        core: core.clone(),
        representation: Representation::negotiate(headers, &cx.query)?,
        served: served.clone(),
        content_type: text(headers, &CONTENT_TYPE),
        cx,
        path,
    })
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

/// Is this a connection to a log or the like, rather than a request about an object?
fn connects(call: &Call) -> bool {
    let subresource = call.served.subresource(&call.path.subresource);
    subresource.is_some_and(|subresource| subresource.is_connect())
}

/// Does this last as long as the client likes?
fn is_long_running(call: &Call) -> bool {
    let subresource = call.served.subresource(&call.path.subresource);
    call.cx.verb == "watch" || subresource.is_some_and(|subresource| subresource.is_long_running())
}

/// Within the bounds on how much happens at once and how long it takes.
async fn limited(core: &Arc<Core>, call: Call, request: Request<Body>) -> Result<Response<Body>, ApiError> {
    if is_long_running(&call) {
        return verbs::serve(call, request).await;
    }
    let writes = !matches!(call.cx.verb, "get" | "list");
    let permit = core.in_flight.admit(&call.cx.user.username, writes).await?;
    let too_late = |_| ApiError::timeout("the request did not finish in time", 0);
    if !writes {
        let answer = tokio::time::timeout(REQUEST_TIMEOUT, verbs::serve(call, request));
        let answer = answer.await.map_err(too_late)??;
        // A long list is on its way until its last byte is taken.
        return Ok(answer.map(|body| permit.held_by(body)));
    }
    let served = async move {
        let answer = verbs::serve(call, request).await;
        drop(permit);
        answer
    };
    // A write that has begun ends even when its client goes away, so that nothing is left half done.
    let served = tokio::spawn(served);
    let finished = tokio::time::timeout(REQUEST_TIMEOUT, served).await.map_err(too_late)?;
    finished.unwrap_or_else(|error| {
        Err(ApiError::internal(format!(
            "the request ended without an answer: {error}"
        )))
    })
}

/// `dryRun` may only be `All`. `options` is what the verb's options are called.
pub(crate) fn dry_run(options: &'static str, values: &[String]) -> Result<bool, ApiError> {
    match values.iter().find(|value| *value != "All" && !value.is_empty()) {
        None => Ok(values.iter().any(|value| value == "All")),
        Some(_) => {
            let problem = FieldError::not_supported("dryRun", values, &["All"]);
            Err(ApiError::invalid(&options_kind(options), "", vec![problem]))
        }
    }
}

/// The kind that the options of a verb are of.
pub(crate) fn options_kind(kind: &'static str) -> GroupVersionKind {
    GroupVersionKind {
        group: "meta.k8s.io",
        version: "v1",
        kind,
    }
}

/// What the options of a verb are called.
fn options_of(verb: &str) -> &'static str {
    match verb {
        "update" => "UpdateOptions",
        "patch" => "PatchOptions",
        "delete" | "deletecollection" => "DeleteOptions",
        _ => "CreateOptions",
    }
}
