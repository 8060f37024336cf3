use axum::body::Body;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use weir_blobstore::LinkKind;
use weir_oci::limits::MANIFEST_BYTES;
use weir_oci::{Digest, ErrorCode, Manifest, ManifestType, RepositoryName, Tag};

use super::blobs::{CONTENT_DIGEST, matches_etag};
use crate::Registry;
use crate::access::Action;
use crate::answer::{Answer, Problem, empty, set};
use crate::image::PushedImage;
use crate::route::ManifestSelector;
use crate::streams::StreamError;
use crate::token::Caller;
use crate::visibility::manifest_is_visible;
use crate::{body, push};

/// `GET` and `HEAD /v2/NAME/manifests/REFERENCE`. One digest always has the same bytes and the same type.
pub(super) async fn get(
    registry: &Registry,
    request: Request<Body>,
    repository: RepositoryName,
    which: ManifestSelector,
) -> Answer {
    registry
        .authorized(request.headers(), &[Action::Pull(repository.clone())])
        .await?;
    let digest = resolve(registry, &repository, &which).await?;
    if matches_etag(request.headers(), &digest) {
        return described(empty(StatusCode::NOT_MODIFIED), &digest);
    }
    let reader = registry
        .blobs()
        .open(&digest, None)
        .await
        .map_err(|error| missing_or(error, &digest))?;
    let content = reader.collect().await?;
    let media_type = Manifest::parse(&content, None)
        .map_err(|error| {
            Problem::new(
                ErrorCode::Unknown,
                format!("the stored manifest {digest} cannot be read: {error}"),
            )
        })?
        .media_type();
    if !accepts(request.headers(), media_type) {
        let message = format!("the manifest is of type {media_type}, which the client does not accept");
        return Err(Problem::new(ErrorCode::ManifestUnknown, message));
    }
    let length = content.len();
    let content = if request.method() == Method::HEAD {
        Body::empty()
    } else {
        Body::from(content)
    };
    let mut response = described(Response::new(content), &digest)?;
    set(&mut response, CONTENT_TYPE, media_type.as_str())?;
    set(&mut response, CONTENT_LENGTH, &length.to_string())?;
    Ok(response)
}

/// `PUT`: stores the manifest and tells the API. By tag, the stream's history has it before the answer goes out.
pub(super) async fn put(
    registry: &Registry,
    request: Request<Body>,
    repository: RepositoryName,
    which: ManifestSelector,
) -> Answer {
    let actions = [Action::Pull(repository.clone()), Action::Push(repository.clone())];
    let caller = registry.authorized(request.headers(), &actions).await?;
    let content_type = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let (tag, digest) = match which {
        ManifestSelector::Tag(tag) => (Some(tag), None),
        ManifestSelector::Digest(digest) => (None, Some(digest)),
        ManifestSelector::Invalid => return Err(Problem::new(ErrorCode::TagInvalid, weir_oci::TagError.to_string())),
    };
    let content = body::read(request, MANIFEST_BYTES).await?;
    let (blobs, streams) = (registry.blobs(), registry.streams());
    let image = push::accept(
        blobs,
        streams,
        &repository,
        digest.as_ref(),
        content_type.as_deref(),
        content,
    )
    .await?;
    match &tag {
        Some(tag) => record(registry, &caller, &image, tag).await?,
        None => registry.streams().record_image(&image).await?,
    }
    let mut response = empty(StatusCode::CREATED);
    set(
        &mut response,
        LOCATION,
        &format!("/v2/{repository}/manifests/{}", image.digest),
    )?;
    set(&mut response, CONTENT_DIGEST, image.digest.as_str())?;
    Ok(response)
}

/// `DELETE`: by digest, once the stream no longer has it. Tags are the stream's, and are removed there.
pub(super) async fn delete(
    registry: &Registry,
    request: Request<Body>,
    repository: RepositoryName,
    which: ManifestSelector,
) -> Answer {
    registry.authorized(request.headers(), &[Action::DeleteImages]).await?;
    let digest = match which {
        ManifestSelector::Digest(digest) => digest,
        ManifestSelector::Tag(tag) => {
            let message = format!("tags belong to the image stream; remove it with: oc tag -d {repository}:{tag}");
            return Err(Problem::new(ErrorCode::Unsupported, message));
        }
        ManifestSelector::Invalid => return Err(unknown()),
    };
    if registry.streams().knows_image(&repository, &digest).await? {
        let message = format!("the image stream {repository} still has the image {digest}");
        return Err(Problem::new(ErrorCode::Unsupported, message));
    }
    if registry
        .blobs()
        .unlink(&repository, LinkKind::Manifest, &digest)
        .await?
    {
        Ok(empty(StatusCode::ACCEPTED))
    } else {
        Err(unknown())
    }
}

/// Enters the push into the stream's history; a stream that is missing is made first, if the caller may.
async fn record(registry: &Registry, caller: &Caller, image: &PushedImage, tag: &Tag) -> Result<(), Problem> {
    let streams = registry.streams();
    match streams.record_push(image, tag).await {
        Err(StreamError::StreamUnknown) => {
            streams.create_stream(caller, &image.repository).await?;
            streams.record_push(image, tag).await?;
        }
        recorded => recorded?,
    }
    registry.metrics().pushed();
    tracing::info!(repository = %image.repository, %tag, digest = %image.digest, "pushed");
    Ok(())
}

async fn resolve(
    registry: &Registry,
    repository: &RepositoryName,
    which: &ManifestSelector,
) -> Result<Digest, Problem> {
    match which {
        ManifestSelector::Tag(tag) => registry
            .streams()
            .resolve_tag(repository, tag)
            .await?
            .ok_or_else(unknown),
        ManifestSelector::Digest(digest) => {
            if manifest_is_visible(registry.blobs(), registry.streams(), repository, digest).await? {
                Ok(digest.clone())
            } else {
                Err(unknown())
            }
        }
        ManifestSelector::Invalid => Err(unknown()),
    }
}

/// Old clients that know only Docker's types must not be given OCI's.
fn accepts(headers: &HeaderMap, media_type: ManifestType) -> bool {
    let mut accepted = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .peekable();
    if accepted.peek().is_none() {
        return true;
    }
    accepted.any(|accepted| {
        let essence = accepted.split(';').next().unwrap_or_default().trim();
        matches!(essence, "*/*" | "application/*") || essence.eq_ignore_ascii_case(media_type.as_str())
    })
}

fn described(mut response: Response<Body>, digest: &Digest) -> Answer {
    set(&mut response, CONTENT_DIGEST, digest.as_str())?;
    set(&mut response, ETAG, &format!("\"{digest}\""))?;
    Ok(response)
}

fn missing_or(error: weir_blobstore::ReadError, digest: &Digest) -> Problem {
    match error {
        weir_blobstore::ReadError::Unknown => {
            let message = format!("the image {digest} is in the stream, but its content is not in this registry");
            Problem::new(ErrorCode::ManifestUnknown, message)
        }
        error => error.into(),
    }
}

fn unknown() -> Problem {
    Problem::new(ErrorCode::ManifestUnknown, "manifest unknown")
}
