use std::time::Duration;

use weir_apiserver::{ApiError, Object, RequestContext};

use super::super::BUILDS;
use crate::core::pod::LogOptions;
use crate::json;

/// How long a request waits for a build to start.
const WAIT: Duration = Duration::from_secs(30);
/// How long a request that follows waits: builds of one config queue up, and somebody is watching.
const FOLLOW_WAIT: Duration = Duration::from_secs(600);

/// What a phase means for whoever wants the log.
#[derive(Debug, PartialEq)]
enum Log {
    There,
    Comes,
    Never(&'static str),
}

/// The build once it has a log. `None`: the client does not want to wait for one.
pub(super) async fn started(
    cx: &RequestContext,
    build: Object,
    options: &LogOptions,
) -> Result<Option<Object>, ApiError> {
    let name = json::text(&build, "/metadata/name");
    match log_of(&build) {
        Log::There => Ok(Some(build)),
        Log::Never("Cancelled") => refuse(name, "was cancelled. No logs are available."),
        Log::Never(_) => refuse(name, "is in an error state. No logs are available."),
        Log::Comes if options.nowait => Ok(None),
        Log::Comes => {
            let limit = if options.follow { FOLLOW_WAIT } else { WAIT };
            match tokio::time::timeout(limit, start(cx, name)).await {
                Ok(build) => build.map(Some),
                Err(_) => {
                    let why = format!("timed out waiting for build {name} to start after {}s", limit.as_secs());
                    Err(ApiError::timeout(why, 1))
                }
            }
        }
    }
}

async fn start(cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
    let mut changes = cx.objects.watch_object(&BUILDS, &cx.namespace, name).await?;
    loop {
        let Some(build) = changes.next().await? else {
            return refuse(name, "was deleted before it started: No logs are available.");
        };
        match log_of(&build) {
            Log::There => return Ok(build),
            Log::Comes => {}
            Log::Never("Cancelled") => return refuse(name, "was cancelled: No logs are available."),
            Log::Never(_) => return refuse(name, "encountered an error: No logs are available."),
        }
    }
}

fn log_of(build: &Object) -> Log {
    match json::text(build, "/status/phase") {
        "New" | "Pending" => Log::Comes,
        "Cancelled" => Log::Never("Cancelled"),
        "Error" => Log::Never("Error"),
        _ => Log::There,
    }
}

fn refuse<T>(name: &str, why: &str) -> Result<T, ApiError> {
    Err(ApiError::bad_request(format!("build {name} {why}")))
}
