use std::error::Error as _;

use bollard::errors::Error;

use crate::EngineError;

/// Messages of the engine are cut here: a page of HTML from a proxy helps nobody.
const MAX_MESSAGE: usize = 2048;

/// What an error of the client library means for a caller.
pub(super) fn classify(error: Error) -> EngineError {
    match error {
        Error::DockerResponseServerError { status_code, message } => by_status(status_code, message),
        Error::DockerStreamError { error } => by_message(error),
        Error::RequestTimeoutError => EngineError::unavailable("no answer in time"),
        Error::IOError { err } => EngineError::unavailable(err.to_string()),
        Error::SocketNotFoundError(path) => EngineError::unavailable(format!("there is no socket {path}")),
        error @ (Error::HyperResponseError { .. } | Error::HyperLegacyError { .. }) => {
            EngineError::unavailable(with_causes(&error))
        }
        other => EngineError::Failed {
            message: bounded(other.to_string()),
        },
    }
}

pub(super) fn by_status(status: u16, message: String) -> EngineError {
    let message = bounded(message);
    match status {
        404 => EngineError::NotFound { message },
        409 => EngineError::Conflict { message },
        401 | 403 => EngineError::Denied { message },
        400 => EngineError::Refused { message },
        502..=504 => EngineError::Unavailable { message },
        _ => by_message(message),
    }
}

/// Engines answer 500, or 200 with an error in the stream, to much that is no failure of theirs: only the words tell.
pub(super) fn by_message(message: String) -> EngineError {
    let message = bounded(message);
    let lower = message.to_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if any(UNREACHABLE) {
        return EngineError::Registry { message };
    }
    if any(DENIED) {
        return EngineError::Denied { message };
    }
    if any(MISSING) {
        return EngineError::NotFound { message };
    }
    if any(BUSY) {
        return EngineError::Conflict { message };
    }
    if any(REFUSED) {
        return EngineError::Refused { message };
    }
    EngineError::Failed { message }
}

const UNREACHABLE: &[&str] = &[
    "connection refused",
    "connection reset",
    "no such host",
    "i/o timeout",
    "tls handshake timeout",
    "network is unreachable",
    "no route to host",
    "gave http response to https client",
    "certificate signed by unknown authority",
    "x509:",
    "pinging container registry",
    "unexpected eof",
    "toomanyrequests",
    "500 internal server error",
    "502 bad gateway",
    "503 service unavailable",
];
const DENIED: &[&str] = &[
    "unauthorized",
    "authentication required",
    "access to the resource is denied",
    "no basic auth",
];
const MISSING: &[&str] = &[
    "manifest unknown",
    "name unknown",
    "no such image",
    "no such container",
    "image not known",
    "repository name not known",
];
const BUSY: &[&str] = &[
    "already in use",
    "is in use",
    "has active endpoints",
    "has associated containers",
    "being used by",
    "is not running",
    "container state improper",
    "can only kill running",
    "already exists",
];
const REFUSED: &[&str] = &[
    "executable file not found",
    "no such file or directory",
    "permission denied",
    "invalid reference",
    "must be lowercase",
    "invalid image name",
    "oci runtime",
    "oci permission denied",
    "runc create failed",
    "port is already allocated",
    "address already in use",
    "unable to find user",
    "no matching entries in passwd",
    "non-zero code",
    "exit status",
];

fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

fn bounded(message: String) -> String {
    let trimmed = message.trim();
    match trimmed.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}...", &trimmed[..end]),
        None => trimmed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(status: u16, message: &str) -> &'static str {
        match by_status(status, message.to_owned()) {
            EngineError::NotFound { .. } => "not found",
            EngineError::Conflict { .. } => "conflict",
            EngineError::Denied { .. } => "denied",
            EngineError::Refused { .. } => "refused",
            EngineError::Registry { .. } => "registry",
            EngineError::Unavailable { .. } => "unavailable",
            EngineError::Failed { .. } => "failed",
        }
    }

    #[test]
    fn words_of_engines_are_sorted() {
        for (status, message, expected) in [
            (404, "No such container: a", "not found"),
            (409, "Conflict. The container name \"/a\" is already in use", "conflict"),
            (
                500,
                "Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused",
                "registry",
            ),
            (
                500,
                "reading manifest 1 in 127.0.0.1:1/a/b: manifest unknown",
                "not found",
            ),
            (
                500,
                "requesting bearer token: invalid status code from registry 401 (Unauthorized)",
                "denied",
            ),
            (
                500,
                "normalizing name for compat API: repository name must be lowercase",
                "refused",
            ),
            (
                400,
                "OCI runtime create failed: exec: \"/nope\": stat /nope: no such file or directory",
                "refused",
            ),
            (500, "something else", "failed"),
        ] {
            assert_eq!(case(status, message), expected, "{message}");
        }
    }

    #[test]
    fn long_messages_are_cut() {
        let error = by_status(500, "x".repeat(10_000));
        assert!(error.to_string().len() < 3000);
    }
}
