use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::Body;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};

use crate::context::Query;
use crate::core::Core;
use crate::{ApiError, query};

/// One condition of being ready.
#[derive(Clone)]
pub struct ReadyCheck {
    pub name: &'static str,
    /// The reason when it does not hold.
    pub check: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
}

/// The process answers, so it lives.
pub(super) fn live(rest: &[&str]) -> Result<Response<Body>, ApiError> {
    match rest {
        [] | ["ping"] => Ok(text(StatusCode::OK, "ok".to_owned())),
        _ => Err(ApiError::no_such_path()),
    }
}

/// All checks, or the one that the path names.
pub(super) fn ready(
    core: &Core,
    checks: &[ReadyCheck],
    rest: &[&str],
    query: &Query,
) -> Result<Response<Body>, ApiError> {
    let mut results = vec![("shutdown", shutdown(core)), ("watch-cache", watch_cache(core))];
    results.extend(checks.iter().map(|check| (check.name, (check.check)())));
    match rest {
        [] => {}
        [name] => results.retain(|(known, _)| known == name),
        _ => return Err(ApiError::no_such_path()),
    }
    if results.is_empty() {
        return Err(ApiError::no_such_path());
    }
    let ready = results.iter().all(|(_, result)| result.is_ok());
    if ready && !query::flag(query, "verbose")? {
        return Ok(text(StatusCode::OK, "ok".to_owned()));
    }
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    Ok(text(status, report(&results, ready)))
}

fn shutdown(core: &Core) -> Result<(), String> {
    match core.closing.is_cancelled() {
        true => Err("the server is shutting down".to_owned()),
        false => Ok(()),
    }
}

/// Changes that the caches may be behind the store while the server still counts as ready.
const MAX_BEHIND: u64 = 10_000;

fn watch_cache(core: &Core) -> Result<(), String> {
    if !core.feeding.is_running() {
        return Err("the store is closed".to_owned());
    }
    let behind = core.store.revision().0.saturating_sub(core.feed.applied());
    match behind > MAX_BEHIND {
        true => Err(format!("the watch cache is {behind} revisions behind the store")),
        false => Ok(()),
    }
}

fn report(results: &[(&str, Result<(), String>)], ready: bool) -> String {
    let mut report = String::new();
    for (name, result) in results {
        let line = match result {
            Ok(()) => writeln!(report, "[+]{name} ok"),
            Err(why) => writeln!(report, "[-]{name} failed: {why}"),
        };
        if line.is_err() {
            break; // writing to memory does not fail
        }
    }
    report.push_str(if ready {
        "readyz check passed\n"
    } else {
        "readyz check failed\n"
    });
    report
}

fn text(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    response
}
