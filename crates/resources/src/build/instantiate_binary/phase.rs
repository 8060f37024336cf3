use weir_apiserver::{ApiError, Object};

use crate::json;

/// What a phase means for whoever has a source to upload.
pub(super) enum Standing {
    /// Its turn has not come.
    Waits,
    /// Its pod takes the upload.
    Runs,
    /// Nothing can be uploaded to it any more, for this reason.
    Over(ApiError),
}

/// Where a build stands; `None` is one that is gone.
pub(super) fn standing(name: &str, build: Option<&Object>) -> Standing {
    let over = |why: String| Standing::Over(ApiError::bad_request(format!("build {name} {why}")));
    let Some(build) = build else {
        return over("was deleted before it started: No logs are available.".to_owned());
    };
    match json::text(build, "/status/phase") {
        "New" | "Pending" => Standing::Waits,
        "Running" => Standing::Runs,
        "Error" => over("encountered an error: No logs are available.".to_owned()),
        "Cancelled" => over("was cancelled: No logs are available.".to_owned()),
        "Failed" => over(format!(
            "failed: {}: {}",
            json::text(build, "/status/reason"),
            json::text(build, "/status/message")
        )),
        other => Standing::Over(ApiError::bad_request(format!(
            "cannot upload file to build {name} with status {other}"
        ))),
    }
}
