//! How streams are written besides their own PUT: read, change, count generations, fulfil new wishes, write once.

use std::collections::HashMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::Value;
use weir_api::image::{API_VERSION, GROUP, ImageStream, TagReference, VERSION};
use weir_apiserver::{
    ApiError, Attributes, Decision, FieldError, GroupVersionKind, Object, RequestContext, UpdateMode,
};
use weir_imagestream::history::drop_empty_tags;
use weir_imagestream::source::StreamKey;
use weir_imagestream::spec_tags::{
    CopyCause, CopyError, Copying, OtherStream, copy_tags, other_streams, prepare_update,
};

use super::{IMAGE_STREAMS, ImageConfig, image_stream};
use crate::{decode, json};

/// How often a write is tried that loses against others; then the client is asked to come back.
pub(super) const MAX_ATTEMPTS: usize = 10;
/// When the client should come back.
pub(super) const RETRY_AFTER_SECONDS: u32 = 2;

/// Fulfils the wishes of `stream` that are new or changed since `old`.
///
/// Streams in other namespaces must be readable, down to their layers, for whoever makes the request; they are then read
/// with the server's rights.
pub(super) async fn fulfil(
    cx: &RequestContext,
    config: &ImageConfig,
    stream: &mut ImageStream,
    old: Option<&ImageStream>,
) -> Result<(), ApiError> {
    let others = other_streams(stream, old);
    let namespace = stream.metadata.namespace.clone().unwrap_or_default();
    let forbidden = forbidden(cx, &namespace, &others).await;
    if !forbidden.is_empty() {
        return Err(nested(stream, forbidden));
    }
    let mut sources = HashMap::new();
    for other in others {
        match cx
            .objects
            .get(&IMAGE_STREAMS, &other.key.namespace, &other.key.name)
            .await
        {
            Ok(object) => drop(sources.insert(other.key, decode::stored::<ImageStream>(&object)?)),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    let copying = Copying {
        now: &now(config),
        registry_host: &config.registry_host,
        sources: &|key: &StreamKey| sources.get(key).cloned(),
    };
    copy_tags(stream, old, &copying).map_err(|errors| {
        nested(
            stream,
            errors.into_iter().map(|error| copy_problem(stream, error)).collect(),
        )
    })
}

/// The stream `name` with the change applied, written once. Tried again from the start when somebody else wrote in
/// between, unless the change is `pinned` to the resourceVersion that was read.
pub(super) async fn modify(
    cx: &RequestContext,
    config: &ImageConfig,
    name: &str,
    pinned: Pinned,
    change: impl Fn(&Object, &mut ImageStream) -> Result<(), ApiError> + Sync,
) -> Result<Object, ApiError> {
    for _ in 0..MAX_ATTEMPTS {
        let object = cx.objects.get(&IMAGE_STREAMS, &cx.namespace, name).await?;
        let old: ImageStream = decode::stored(&object)?;
        let mut stream = old.clone();
        change(&object, &mut stream)?;
        match write(cx, config, object, stream, &old).await {
            Err(error) if error.is_conflict() && pinned == Pinned::No => {}
            result => return result,
        }
    }
    Err(ApiError::server_timeout(&cx.resource, cx.verb, RETRY_AFTER_SECONDS))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pinned {
    Yes,
    No,
}

async fn write(
    cx: &RequestContext,
    config: &ImageConfig,
    object: Object,
    stream: ImageStream,
    old: &ImageStream,
) -> Result<Object, ApiError> {
    let object = prepared(cx, config, object, stream, old).await?;
    cx.objects
        .update(
            &cx.for_resource(IMAGE_STREAMS),
            &IMAGE_STREAMS,
            object,
            UpdateMode::Internal,
        )
        .await
}

/// `object`, which holds `old`, as it is to be written to become `stream`.
pub(super) async fn prepared(
    cx: &RequestContext,
    config: &ImageConfig,
    mut object: Object,
    mut stream: ImageStream,
    old: &ImageStream,
) -> Result<Object, ApiError> {
    prepare_update(&mut stream, old);
    fulfil(cx, config, &mut stream, Some(old)).await?;
    drop_empty_tags(&mut stream);
    put(&mut object, &stream)?;
    Ok(object)
}

/// Changes the stream `name`, or creates it with nothing but `wish` when it is missing.
pub(super) async fn modify_or_create(
    cx: &RequestContext,
    config: &ImageConfig,
    name: &str,
    wish: &TagReference,
    change: impl Fn(&Object, &mut ImageStream) -> Result<(), ApiError> + Sync,
) -> Result<Object, ApiError> {
    for _ in 0..MAX_ATTEMPTS {
        match modify(cx, config, name, Pinned::No, &change).await {
            Err(error) if is_missing_stream(&error) => {}
            result => return result,
        }
        let mut fresh = ImageStream::default();
        fresh.metadata.name = Some(name.into());
        fresh.metadata.namespace = Some(cx.namespace.clone());
        fresh.spec.tags = vec![wish.clone()];
        match cx
            .objects
            .create(&cx.for_resource(IMAGE_STREAMS), &IMAGE_STREAMS, new_object(&fresh)?)
            .await
        {
            Err(error) if error.is_already_exists() => {}
            result => return result,
        }
    }
    Err(ApiError::server_timeout(&cx.resource, cx.verb, RETRY_AFTER_SECONDS))
}

/// A missing stream is told in the words of the resource that was asked for: clients look at the kind.
pub(super) fn about_request(cx: &RequestContext, stream: &str, error: ApiError) -> ApiError {
    if is_missing_stream(&error) {
        cx.not_found(stream)
    } else {
        error
    }
}

fn is_missing_stream(error: &ApiError) -> bool {
    let kind = error.details.as_ref().map(|details| details.kind.as_str());
    error.is_not_found() && kind == Some(IMAGE_STREAMS.resource)
}

/// An object of the API for a stream that is not stored yet.
pub(super) fn new_object(stream: &ImageStream) -> Result<Object, ApiError> {
    weir_api::to_object(stream).map_err(ApiError::internal)
}

/// Puts what the rules decide on into the stored form; everything else in `object` stays as it is.
pub(super) fn put(object: &mut Object, stream: &ImageStream) -> Result<(), ApiError> {
    let value = |part: serde_json::Result<Value>| part.map_err(ApiError::internal);
    json::put(object, &["metadata", "generation"], stream.metadata.generation);
    if let Some(annotations) = &stream.metadata.annotations {
        json::put(
            object,
            &["metadata", "annotations"],
            value(serde_json::to_value(annotations))?,
        );
    }
    match stream.spec.tags.as_slice() {
        [] => drop(json::remove(object, "/spec/tags")),
        tags => json::put(object, &["spec", "tags"], value(serde_json::to_value(tags))?),
    }
    json::put(object, &["status"], value(serde_json::to_value(&stream.status))?);
    Ok(())
}

/// The present moment in whole seconds, which is what the wire knows.
pub(super) fn now(config: &ImageConfig) -> Time {
    let now = (config.clock)();
    Time(jiff::Timestamp::from_second(now.as_second()).unwrap_or(now))
}

async fn forbidden(cx: &RequestContext, namespace: &str, others: &[OtherStream]) -> Vec<FieldError> {
    let mut problems = Vec::new();
    for other in others.iter().filter(|other| other.key.namespace != namespace) {
        let attributes = Attributes {
            verb: "get".into(),
            group: GROUP.into(),
            version: VERSION.into(),
            resource: IMAGE_STREAMS.resource.into(),
            subresource: "layers".into(),
            namespace: other.key.namespace.clone(),
            name: other.key.name.clone(),
            path: None,
        };
        if let Decision::Deny(reason) = cx.objects.authorize(&cx.user, &attributes).await {
            let detail = format!("{}/{}: {reason:?} \"\"", other.key.namespace, other.key.name);
            let problem = |tag: &String| FieldError::forbidden(format!("spec.tags[{tag}].from"), &detail);
            problems.extend(other.tags.iter().map(problem));
        }
    }
    problems
}

fn copy_problem(stream: &ImageStream, error: CopyError) -> FieldError {
    let wish = stream.spec.tags.iter().find(|wish| wish.name == error.tag);
    let from = wish
        .and_then(|wish| wish.from.as_ref())
        .and_then(|from| from.name.as_deref())
        .unwrap_or_default();
    let path = format!("spec.tags[{}].from.name", error.tag);
    match error.cause {
        CopyCause::NoStream(_) => FieldError::not_found(path, from),
        cause => FieldError::invalid(path, from, cause.to_string()),
    }
}

/// Problems with wishes as clients know them: one cause without a field, whose message is a whole error of its own.
fn nested(stream: &ImageStream, problems: Vec<FieldError>) -> ApiError {
    let name = stream.metadata.name.as_deref().unwrap_or_default();
    let plural = GroupVersionKind {
        group: "",
        kind: IMAGE_STREAMS.resource,
        ..image_stream::KIND
    };
    let inner = ApiError::invalid(&plural, name, problems);
    let outer = FieldError {
        reason: "InternalError",
        field: String::new(),
        message: format!("Internal error: {}", inner.message),
    };
    ApiError::invalid(&image_stream::KIND, name, vec![outer])
}

/// `apiVersion` and `kind` of what is computed from streams.
pub(super) fn head(kind: &str) -> Value {
    serde_json::json!({"kind": kind, "apiVersion": API_VERSION})
}
