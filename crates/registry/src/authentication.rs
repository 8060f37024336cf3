use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{AUTHORIZATION, HOST, WWW_AUTHENTICATE};
use weir_oci::ErrorCode;

use crate::answer::Problem;
use crate::config::RegistryConfig;
use crate::token::{ANONYMOUS, Caller, Token};

/// What the `Authorization` header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    Absent,
    Caller(Caller),
    Undecodable,
}

/// Reads the `Authorization` header: `Bearer TOKEN`, or `Basic` with any user name and the token as password.
pub(crate) fn credentials(headers: &HeaderMap) -> Credentials {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Credentials::Absent;
    };
    let Some((scheme, value)) = header.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return Credentials::Undecodable;
    };
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return match value {
            "" => Credentials::Undecodable,
            ANONYMOUS => Credentials::Caller(Caller::Anonymous),
            token => Credentials::Caller(Caller::Token(Token::new(token))),
        };
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Credentials::Absent;
    }
    let decoded = STANDARD
        .decode(value)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.as_deref().and_then(|text| text.split_once(':')) {
        Some((_, password)) if !password.is_empty() => Credentials::Caller(Caller::Token(Token::new(password))),
        _ => Credentials::Undecodable,
    }
}

/// The caller of a request, or the challenge to send.
pub(crate) fn caller(headers: &HeaderMap, config: &RegistryConfig) -> Result<Caller, Problem> {
    match credentials(headers) {
        Credentials::Caller(caller) => Ok(caller),
        Credentials::Absent => Err(challenge(headers, config, "authentication required")),
        Credentials::Undecodable => Err(challenge(headers, config, "failed to decode credentials")),
    }
}

/// `401` with the address of the token endpoint, as the client reaches us.
pub(crate) fn challenge(headers: &HeaderMap, config: &RegistryConfig, message: &str) -> Problem {
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .filter(|host| is_authority(host))
        .unwrap_or(&config.host);
    let realm = format!("Bearer realm=\"{}://{host}/openshift/token\"", config.scheme);
    Problem::new(ErrorCode::Unauthorized, message).with_header(WWW_AUTHENTICATE, realm)
}

/// Nothing that could end the quoted realm.
fn is_authority(host: &str) -> bool {
    !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: Option<&str>) -> Credentials {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(AUTHORIZATION, header.parse().unwrap());
        }
        credentials(&headers)
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn tokens_come_as_bearer_or_as_password() {
        let token = Credentials::Caller(Caller::Token(Token::new("t0ken")));
        assert_eq!(read(Some("Bearer t0ken")), token);
        assert_eq!(read(Some("bearer  t0ken ")), token);
        assert_eq!(read(Some(&basic("anybody:t0ken"))), token);
        assert_eq!(read(Some(&basic(":t0ken"))), token);
        assert_eq!(read(Some("Bearer anonymous")), Credentials::Caller(Caller::Anonymous));
    }

    #[test]
    fn other_schemes_count_as_none_and_garbage_is_told_apart() {
        assert_eq!(read(None), Credentials::Absent);
        assert_eq!(read(Some("Negotiate abc")), Credentials::Absent);
        for header in ["Bearer", "Bearer ", "Basic !!!", &basic("nocolon"), &basic("user:")] {
            assert_eq!(read(Some(header)), Credentials::Undecodable, "{header}");
        }
    }

    #[test]
    fn the_realm_names_the_host_that_was_asked_and_nothing_else() {
        let mut headers = HeaderMap::new();
        let config = RegistryConfig::default();
        headers.insert(HOST, "127.0.0.1:5000".parse().unwrap());
        let response = challenge(&headers, &config, "x").into_response();
        assert_eq!(
            response.headers()[WWW_AUTHENTICATE],
            "Bearer realm=\"http://127.0.0.1:5000/openshift/token\""
        );
        headers.insert(HOST, "evil\",realm=\"x".parse().unwrap());
        let response = challenge(&headers, &config, "x").into_response();
        let own = format!("Bearer realm=\"http://{}/openshift/token\"", config.host);
        assert_eq!(response.headers()[WWW_AUTHENTICATE], own.as_str());
    }
}
