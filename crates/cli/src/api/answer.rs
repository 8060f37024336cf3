//! What error answers and broken connections mean.

use std::error::Error as _;
use std::io;

use http::{Method, StatusCode};
use kube::core::Status;

use super::Call;
use crate::failure::Failure;

/// How much of an answer that is no Status is shown.
const SHOWN_BODY_CHARS: usize = 1_024;

/// The failure that an error answer tells of.
pub fn failure(call: &Call, code: StatusCode, body: &[u8]) -> Failure {
    match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(value) if value["kind"] == "Status" => match serde_json::from_value::<Status>(value) {
            Ok(mut status) => {
                status.code = code.as_u16();
                Failure::api(status)
            }
            Err(_) => Failure::api(unknown(call, code, body)),
        },
        _ => Failure::api(unknown(call, code, body)),
    }
}

fn unknown(call: &Call, code: StatusCode, body: &[u8]) -> Status {
    let text: String = String::from_utf8_lossy(body)
        .trim()
        .chars()
        .take(SHOWN_BODY_CHARS)
        .collect();
    let (reason, message) = match code {
        StatusCode::NOT_FOUND => ("NotFound", "the server could not find the requested resource".into()),
        StatusCode::METHOD_NOT_ALLOWED => (
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource".into(),
        ),
        StatusCode::UNAUTHORIZED => ("Unauthorized", "you must be logged in to the server".into()),
        StatusCode::FORBIDDEN => ("Forbidden", format!("the server refused the request: {text}")),
        code if code.is_server_error() => (
            "InternalError",
            format!(
                "an error on the server (\"{text}\") has prevented the request from succeeding ({} {})",
                verb(call.method()),
                call.path()
            ),
        ),
        code => ("Unknown", format!("the server answered {code}: {text}")),
    };
    Status::failure(&message, reason).with_code(code.as_u16())
}

fn verb(method: &Method) -> String {
    method.as_str().to_lowercase()
}

/// The text of a `Warning: 299 - "text"` header.
pub fn warning_text(header: &str) -> Option<String> {
    let quoted = header.splitn(3, ' ').nth(2)?;
    let inner = quoted.strip_prefix('"')?.rsplit_once('"')?.0;
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        text.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    Some(text)
}

/// Says why the server could not be asked, and what to do about it.
pub fn unreachable(server: &str, error: &kube::Error) -> Failure {
    if let kube::Error::Api(status) = error {
        return Failure::api((**status).clone());
    }
    let causes = causes(error);
    let all = causes.join(": ");
    let mut hints = Vec::new();
    if connection_error(error) == Some(io::ErrorKind::ConnectionRefused) {
        hints.push("nothing listens there: is the server running? `weir up` starts one on this machine".into());
    } else if all.contains("UnknownIssuer") || all.contains("invalid peer certificate") {
        hints.push(
            "the server's certificate is signed by an unknown authority: name it with --certificate-authority".into(),
        );
    } else if all.contains("dns") || all.contains("lookup") {
        hints.push("check the address given with --server or kept in the kubeconfig".into());
    }
    let cause = causes.last().cloned().unwrap_or_else(|| error.to_string());
    Failure::Unreachable {
        message: format!("cannot reach the server at {server}: {cause}"),
        hints,
    }
}

fn causes(error: &kube::Error) -> Vec<String> {
    let mut causes = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        causes.push(error.to_string());
        source = error.source();
    }
    causes
}

fn connection_error(error: &kube::Error) -> Option<io::ErrorKind> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        source = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_without_a_status_still_name_a_reason() {
        for (code, body, text) in [
            (
                404,
                "",
                "Error from server (NotFound): the server could not find the requested resource",
            ),
            (
                502,
                "<html>bad gateway</html>",
                "Error from server (InternalError): an error on the server (\"<html>bad gateway</html>\") has prevented the request from succeeding (get /apis/x)",
            ),
            (401, "", "error: You must be logged in to the server (Unauthorized)"),
        ] {
            let code = StatusCode::from_u16(code).unwrap();
            let failure = failure(&Call::get("/apis/x"), code, body.as_bytes());
            assert_eq!(failure.text().unwrap(), text);
        }
    }

    #[test]
    fn warnings_are_unquoted() {
        assert_eq!(
            warning_text(r#"299 - "unknown field \"spec.x\"""#).unwrap(),
            r#"unknown field "spec.x""#
        );
        assert_eq!(warning_text("299 -"), None);
    }

    #[test]
    fn a_refused_connection_points_to_the_way_to_start_a_server() {
        let error = kube::Error::Service(Box::new(io::Error::from(io::ErrorKind::ConnectionRefused)));
        let text = unreachable("https://127.0.0.1:8443", &error).text().unwrap();
        assert!(
            text.starts_with("error: cannot reach the server at https://127.0.0.1:8443: "),
            "{text}"
        );
        assert!(text.contains("weir up"), "{text}");
    }
}
