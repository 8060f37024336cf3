use axum::body::Body;
use http::{Method, Request, StatusCode};
use weir_oci::ErrorCode;

use crate::Registry;
use crate::answer::{Answer, Problem};
use crate::route::{ManifestSelector, Route};

mod blobs;
mod catalog;
mod manifests;
mod ping;
mod tags;
mod token;
mod uploads;

/// Longest query that is read; the longest legitimate one holds a digest, a repository name and a state.
const QUERY_BYTES: usize = 4_096;

/// Finds who answers a request. Returns the name of the operation too, for the counters.
pub(crate) async fn dispatch(registry: &Registry, request: Request<Body>) -> (&'static str, Answer) {
    let route = match Route::parse(request.uri().path()) {
        Ok(route) => route,
        Err(error) => return ("unknown", Err(error.into())),
    };
    if request.uri().query().is_some_and(|query| query.len() > QUERY_BYTES) {
        let problem = Problem::new(
            ErrorCode::Unsupported,
            format!("the query is longer than {QUERY_BYTES} bytes"),
        );
        return ("unknown", Err(problem.with_status(StatusCode::URI_TOO_LONG)));
    }
    let method = request.method().clone();
    let get = method == Method::GET;
    let read = get || method == Method::HEAD;
    match route {
        Route::Health if read => ("health", ping::health()),
        Route::Token if get || method == Method::POST => ("token", token::issue(registry, request).await),
        Route::Ping if read => ("ping", ping::version(registry, request).await),
        Route::Catalog if get => ("catalog", catalog::list(registry, request).await),
        Route::Tags(repository) if get => ("tags", tags::list(registry, request, repository).await),
        Route::Manifest(repository, which) => manifest(registry, request, repository, which).await,
        Route::Blob(repository, digest) if read => {
            ("blob_get", blobs::get(registry, request, repository, digest).await)
        }
        Route::Blob(repository, digest) if method == Method::DELETE => (
            "blob_delete",
            blobs::unlink(registry, request, repository, digest).await,
        ),
        Route::AdminBlob(digest) if method == Method::DELETE => {
            ("blob_prune", blobs::delete(registry, request, digest).await)
        }
        Route::Uploads(repository) if method == Method::POST => {
            ("upload_start", uploads::start(registry, request, repository).await)
        }
        Route::Upload(repository, id) => {
            let upload = weir_blobstore::Upload { repository, id };
            match method {
                Method::PATCH => ("upload_append", uploads::append(registry, request, upload).await),
                Method::PUT => ("upload_finish", uploads::finish(registry, request, upload).await),
                Method::GET => ("upload_status", uploads::status(registry, request, upload).await),
                Method::DELETE => ("upload_cancel", uploads::cancel(registry, request, upload).await),
                _ => ("unknown", Err(Problem::method_not_allowed())),
            }
        }
        _ => ("unknown", Err(Problem::method_not_allowed())),
    }
}

async fn manifest(
    registry: &Registry,
    request: Request<Body>,
    repository: weir_oci::RepositoryName,
    which: ManifestSelector,
) -> (&'static str, Answer) {
    match *request.method() {
        Method::GET | Method::HEAD => (
            "manifest_get",
            manifests::get(registry, request, repository, which).await,
        ),
        Method::PUT => (
            "manifest_put",
            manifests::put(registry, request, repository, which).await,
        ),
        Method::DELETE => (
            "manifest_delete",
            manifests::delete(registry, request, repository, which).await,
        ),
        _ => ("unknown", Err(Problem::method_not_allowed())),
    }
}

/// The parameters of a request's query, decoded.
fn query(request: &Request<Body>) -> Vec<(String, String)> {
    let query = request.uri().query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn parameter<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}
