use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use weir_oci::{ErrorBody, ErrorCode, Tag};

use crate::FetchError;

/// Error bodies are a few hundred bytes; of a longer one nothing is wanted.
pub(super) const ERROR_BYTES: usize = 64 * 1024;
/// Codes of other registries are shown if they look like codes.
const CODE_BYTES: usize = 64;

/// What an unsuccessful answer means.
pub(super) fn failure(status: StatusCode, headers: &HeaderMap, body: &[u8], had_credentials: bool) -> FetchError {
    match status {
        StatusCode::NOT_FOUND => FetchError::NotFound,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => FetchError::Unauthorized { had_credentials },
        StatusCode::TOO_MANY_REQUESTS => FetchError::RateLimited {
            retry_after: retry_after(headers),
        },
        _ => FetchError::Server {
            status: status.as_u16(),
            code: error_code(body),
        },
    }
}

/// Is the body an error in the form of the distribution API? If not, whoever answered may be no registry.
pub(super) fn is_distribution_error(body: &[u8]) -> bool {
    serde_json::from_slice::<ErrorBody>(body).is_ok_and(|body| !body.errors.is_empty())
}

/// The first code in the body. Only codes are passed on: free text of a foreign server is not shown to users.
fn error_code(body: &[u8]) -> Option<String> {
    let body: ErrorBody = serde_json::from_slice(body).ok()?;
    let code = body.errors.into_iter().next()?.code;
    let plain = code.len() <= CODE_BYTES && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    (plain || ErrorCode::from_code(&code).is_some()).then_some(code)
}

/// Seconds only; the form with a date is not used by registries.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
        .map(Duration::from_secs)
}

/// The tags of one page. An empty name means `latest`, as old registries have it; other odd names cannot be asked for.
pub(super) fn tags(body: &[u8]) -> Result<Vec<Tag>, FetchError> {
    #[derive(Deserialize)]
    struct Page {
        tags: Option<Vec<String>>,
    }
    let page: Page =
        serde_json::from_slice(body).map_err(|error| FetchError::Protocol(format!("the list of tags: {error}")))?;
    let parse = |name: String| {
        if name.is_empty() {
            Some(Tag::latest())
        } else {
            name.parse().ok()
        }
    };
    Ok(page.tags.unwrap_or_default().into_iter().filter_map(parse).collect())
}
