//! From references in a build's inputs to what can be pulled.

use k8s_openapi::api::core::v1::ObjectReference;
use serde_json::Value;
use weir_api::image::ImageStream;
use weir_apiserver::{ApiError, Cause, ErrorDetails, RequestContext};
use weir_imagestream::resolve;

use crate::decode;
use crate::image::IMAGE_STREAMS;

/// The pull spec that `from` means now, seen from `namespace`. 422 when it means nothing.
pub(super) async fn pull_spec(cx: &RequestContext, namespace: &str, from: &Value) -> Result<String, ApiError> {
    let from: ObjectReference = decode::typed(from)?;
    let name = from.name.clone().unwrap_or_default();
    let kind = from.kind.clone().unwrap_or_default();
    let home = from
        .namespace
        .filter(|own| !own.is_empty())
        .unwrap_or_else(|| namespace.to_owned());
    let unresolved = |why: &str| unresolved(&kind, &name, &home, why);
    match kind.as_str() {
        "DockerImage" => Ok(name),
        "ImageStreamTag" => {
            let (stream, tag) = name
                .split_once(':')
                .ok_or_else(|| unresolved("must be of the form <name>:<tag>"))?;
            let stream = get_stream(cx, &home, stream).await?.map_err(|why| unresolved(&why))?;
            resolve::pull_spec(&stream, tag)
                .filter(|image| !image.is_empty())
                .ok_or_else(|| unresolved("unable to find latest tagged image"))
        }
        "ImageStreamImage" => {
            let (stream, id) = name
                .split_once('@')
                .ok_or_else(|| unresolved("must be of the form <name>@<id>"))?;
            let stream = get_stream(cx, &home, stream).await?.map_err(|why| unresolved(&why))?;
            resolve::event_by_digest(&stream, id)
                .map(|event| event.docker_image_reference.clone())
                .map_err(|error| unresolved(&error.to_string()))
        }
        _ => Err(unresolved("unknown kind of image reference")),
    }
}

/// The stream, or why there is none.
async fn get_stream(cx: &RequestContext, namespace: &str, name: &str) -> Result<Result<ImageStream, String>, ApiError> {
    match cx.objects.get(&IMAGE_STREAMS, namespace, name).await {
        Ok(stream) => Ok(Ok(decode::stored(&stream)?)),
        Err(error) if error.is_not_found() => Ok(Err(error.message)),
        Err(error) => Err(error),
    }
}

fn unresolved(kind: &str, name: &str, namespace: &str, why: &str) -> ApiError {
    let message = format!("Error resolving {kind} {name} in namespace {namespace}: {why}");
    let cause = Cause {
        field: "from".into(),
        message: message.clone(),
        ..Cause::default()
    };
    ApiError::new(422, "Invalid", message).with_details(ErrorDetails {
        kind: kind.to_owned(),
        name: name.to_owned(),
        causes: vec![cause],
        ..ErrorDetails::default()
    })
}
