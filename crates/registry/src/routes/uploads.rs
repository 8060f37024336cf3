use axum::body::Body;
use http::header::{CONTENT_RANGE, HeaderName, LOCATION, RANGE};
use http::{HeaderMap, Request, StatusCode};
use weir_blobstore::{IngestError, LinkKind, Upload};
use weir_component::Incoming;
use weir_oci::{Digest, ErrorCode, RepositoryName};

use super::blobs::CONTENT_DIGEST;
use super::{parameter, query};
use crate::Registry;
use crate::access::Action;
use crate::answer::{Answer, Problem, empty, set};
use crate::token::Caller;
use crate::visibility::blob_is_visible;
use crate::{body, range};

const UPLOAD_ID: HeaderName = HeaderName::from_static("docker-upload-uuid");
/// A blob that comes in one request and is no larger is taken in without an upload on disk.
const AT_ONCE_BYTES: usize = 256 * 1024;

/// `POST /v2/NAME/blobs/uploads/`: begins an upload, mounts a blob of another repository, or takes a whole blob.
pub(super) async fn start(registry: &Registry, request: Request<Body>, repository: RepositoryName) -> Answer {
    let caller = may_push(registry, request.headers(), &repository).await?;
    let query = query(&request);
    if let Some(digest) = parameter(&query, "mount") {
        let digest = parse_digest(digest)?;
        let from = parameter(&query, "from").and_then(|name| name.parse().ok());
        if let Some(from) = from
            && mount(registry, request.headers(), &caller, &from, &repository, &digest).await?
        {
            return created(&repository, &digest);
        }
    } else if let Some(digest) = parameter(&query, "digest") {
        let digest = parse_digest(digest)?;
        return take_whole(registry, request, repository, digest).await;
    }
    let upload = registry.blobs().start_upload(&repository).await?;
    progress(StatusCode::ACCEPTED, &upload, 0)
}

/// `PATCH`: the next chunk, or all there is.
pub(super) async fn append(registry: &Registry, request: Request<Body>, upload: Upload) -> Answer {
    may_push(registry, request.headers(), &upload.repository).await?;
    let at = chunk_start(&request)?;
    let offset = take_in(registry, request, &upload, at).await?;
    progress(StatusCode::ACCEPTED, &upload, offset)
}

/// `PUT ?digest=`: the last chunk, if any, and the end.
pub(super) async fn finish(registry: &Registry, request: Request<Body>, upload: Upload) -> Answer {
    may_push(registry, request.headers(), &upload.repository).await?;
    let query = query(&request);
    let digest = parameter(&query, "digest");
    let digest =
        parse_digest(digest.ok_or_else(|| Problem::new(ErrorCode::DigestInvalid, "the parameter digest is missing"))?)?;
    let at = chunk_start(&request)?;
    if body::length(&request) != Some(0) {
        take_in(registry, request, &upload, at).await?;
    }
    let size = registry.blobs().finish_upload(&upload, &digest).await?;
    registry.metrics().took_in(size);
    created(&upload.repository, &digest)
}

/// `GET`: how far the upload is.
pub(super) async fn status(registry: &Registry, request: Request<Body>, upload: Upload) -> Answer {
    may_push(registry, request.headers(), &upload.repository).await?;
    let offset = registry.blobs().upload_offset(&upload).await?;
    progress(StatusCode::NO_CONTENT, &upload, offset)
}

/// `DELETE`: the upload is given up.
pub(super) async fn cancel(registry: &Registry, request: Request<Body>, upload: Upload) -> Answer {
    may_push(registry, request.headers(), &upload.repository).await?;
    registry.blobs().cancel_upload(&upload).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Pushing needs the right to pull too: a manifest tells which blobs are here.
async fn may_push(registry: &Registry, headers: &HeaderMap, repository: &RepositoryName) -> Result<Caller, Problem> {
    registry
        .authorized(
            headers,
            &[Action::Pull(repository.clone()), Action::Push(repository.clone())],
        )
        .await
}

/// Links a blob of another repository, if the caller may read it there. If not, he uploads it like anybody, and learns
/// nothing about what is there.
async fn mount(
    registry: &Registry,
    headers: &HeaderMap,
    caller: &Caller,
    from: &RepositoryName,
    to: &RepositoryName,
    digest: &Digest,
) -> Result<bool, Problem> {
    if !registry.may(headers, caller, &Action::Pull(from.clone())).await? {
        return Ok(false);
    }
    if !blob_is_visible(registry.blobs(), registry.streams(), from, digest).await? {
        return Ok(false);
    }
    match registry.blobs().link(to, LinkKind::Blob, digest).await {
        Ok(()) => Ok(true),
        Err(weir_blobstore::LinkError::BlobUnknown) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A blob in one request.
async fn take_whole(registry: &Registry, request: Request<Body>, repository: RepositoryName, digest: Digest) -> Answer {
    if body::length(&request).is_some_and(|length| length <= AT_ONCE_BYTES as u64) {
        let content = body::read(request, AT_ONCE_BYTES).await?;
        registry.metrics().took_in(content.len() as u64);
        registry
            .blobs()
            .put(&repository, LinkKind::Blob, &digest, content)
            .await?;
        return created(&repository, &digest);
    }
    let upload = registry.blobs().start_upload(&repository).await?;
    take_in(registry, request, &upload, None).await?;
    let size = registry.blobs().finish_upload(&upload, &digest).await?;
    registry.metrics().took_in(size);
    created(&repository, &digest)
}

async fn take_in(
    registry: &Registry,
    request: Request<Body>,
    upload: &Upload,
    at: Option<u64>,
) -> Result<u64, Problem> {
    let incoming = Incoming::of(request);
    let error = match registry
        .blobs()
        .append(upload, at, body::content(incoming.body()))
        .await
    {
        Ok(offset) => return Ok(offset),
        Err(error) => error,
    };
    incoming.hear_out().await;
    match error {
        IngestError::Offset { .. } => Err(Problem::from(error).with_header(LOCATION, location(upload))),
        _ => Err(error.into()),
    }
}

/// Where a chunk says it belongs; it must have the length it says.
fn chunk_start(request: &Request<Body>) -> Result<Option<u64>, Problem> {
    let Some(header) = request.headers().get(CONTENT_RANGE) else {
        return Ok(None);
    };
    let invalid = || {
        Problem::new(
            ErrorCode::RangeInvalid,
            "Content-Range has the form START-END, both inclusive",
        )
    };
    let chunk = header.to_str().ok().and_then(range::chunk).ok_or_else(invalid)?;
    if body::length(request).is_some_and(|length| length != chunk.end - chunk.start) {
        return Err(Problem::new(
            ErrorCode::SizeInvalid,
            "Content-Range and Content-Length do not agree",
        ));
    }
    Ok(Some(chunk.start))
}

fn parse_digest(text: &str) -> Result<Digest, Problem> {
    text.parse()
        .map_err(|error: weir_oci::DigestError| Problem::new(ErrorCode::DigestInvalid, error.to_string()))
}

fn progress(status: StatusCode, upload: &Upload, offset: u64) -> Answer {
    let mut response = empty(status);
    set(&mut response, LOCATION, &location(upload))?;
    set(&mut response, RANGE, &range::received(offset))?;
    set(&mut response, UPLOAD_ID, &upload.id.to_string())?;
    Ok(response)
}

fn location(upload: &Upload) -> String {
    format!("/v2/{}/blobs/uploads/{}", upload.repository, upload.id)
}

fn created(repository: &RepositoryName, digest: &Digest) -> Answer {
    let mut response = empty(StatusCode::CREATED);
    set(&mut response, LOCATION, &format!("/v2/{repository}/blobs/{digest}"))?;
    set(&mut response, CONTENT_DIGEST, digest.as_str())?;
    Ok(response)
}
