use axum::body::Body;
use http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, RANGE,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use weir_blobstore::LinkKind;
use weir_oci::{Digest, ErrorCode, RepositoryName};

use crate::Registry;
use crate::access::Action;
use crate::answer::{Answer, Problem, empty, set};
use crate::body;
use crate::range::{self, Asked};
use crate::visibility::blob_is_visible;

pub(super) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// `GET` and `HEAD /v2/NAME/blobs/DIGEST`, whole or in part.
pub(super) async fn get(
    registry: &Registry,
    request: Request<Body>,
    repository: RepositoryName,
    digest: Digest,
) -> Answer {
    registry
        .authorized(request.headers(), &[Action::Pull(repository.clone())])
        .await?;
    if !blob_is_visible(registry.blobs(), registry.streams(), &repository, &digest).await? {
        return Err(unknown(&digest));
    }
    let size = registry.blobs().stat(&digest).await?.ok_or_else(|| unknown(&digest))?;
    if matches_etag(request.headers(), &digest) {
        return described(empty(StatusCode::NOT_MODIFIED), &digest);
    }
    if request.method() == Method::HEAD {
        return head(&digest, size);
    }
    let asked = request.headers().get(RANGE).and_then(|range| range.to_str().ok());
    let range = match range::asked(asked, size) {
        Asked::Whole => None,
        Asked::Part(range) => Some(range),
        Asked::Unsatisfiable => {
            let problem = Problem::new(ErrorCode::RangeInvalid, format!("the blob has {size} bytes"));
            return Err(problem.with_header(CONTENT_RANGE, format!("bytes */{size}")));
        }
    };
    let partial = range.is_some();
    let reader = registry.blobs().open(&digest, range).await?;
    let (first, length) = (reader.range.start, reader.range.end - reader.range.start);
    registry.metrics().served(length);
    let mut response = described(Response::new(body::from_blob(reader)), &digest)?;
    set(&mut response, CONTENT_LENGTH, &length.to_string())?;
    if partial {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        set(
            &mut response,
            CONTENT_RANGE,
            &format!("bytes {first}-{}/{size}", first + length - 1),
        )?;
    }
    Ok(response)
}

/// `DELETE /v2/NAME/blobs/DIGEST`: the repository no longer has the blob. Others may.
pub(super) async fn unlink(
    registry: &Registry,
    request: Request<Body>,
    repository: RepositoryName,
    digest: Digest,
) -> Answer {
    registry.authorized(request.headers(), &[Action::DeleteImages]).await?;
    if registry.blobs().unlink(&repository, LinkKind::Blob, &digest).await? {
        Ok(empty(StatusCode::ACCEPTED))
    } else {
        Err(unknown(&digest))
    }
}

/// `DELETE /admin/blobs/DIGEST`: nobody has the blob any longer. One that is not here is fine.
pub(super) async fn delete(registry: &Registry, request: Request<Body>, digest: Digest) -> Answer {
    registry.authorized(request.headers(), &[Action::DeleteImages]).await?;
    registry.blobs().delete(&digest).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

fn head(digest: &Digest, size: u64) -> Answer {
    let mut response = described(empty(StatusCode::OK), digest)?;
    set(&mut response, CONTENT_LENGTH, &size.to_string())?;
    Ok(response)
}

fn described(mut response: Response<Body>, digest: &Digest) -> Answer {
    set(&mut response, CONTENT_TYPE, "application/octet-stream")?;
    set(&mut response, CONTENT_DIGEST, digest.as_str())?;
    set(&mut response, ETAG, &format!("\"{digest}\""))?;
    set(&mut response, ACCEPT_RANGES, "bytes")?;
    Ok(response)
}

/// Does the client have it already?
pub(super) fn matches_etag(headers: &HeaderMap, digest: &Digest) -> bool {
    let tags = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|tags| tags.to_str().ok());
    tags.flat_map(|tags| tags.split(','))
        .any(|tag| tag.trim().trim_start_matches("W/").trim_matches('"') == digest.as_str())
}

fn unknown(digest: &Digest) -> Problem {
    Problem::new(ErrorCode::BlobUnknown, "blob unknown to registry").with_detail(serde_json::json!({"digest": digest}))
}
