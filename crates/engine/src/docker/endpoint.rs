use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use bollard::{API_DEFAULT_VERSION, Docker};
use http::{HeaderValue, Request, Uri};

/// Where an engine listens: `unix:///run/docker.sock`, a plain path, or `tcp://127.0.0.1:2375`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    Unix(PathBuf),
    /// `host:port`, without TLS.
    Tcp(String),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    #[error("\"{0}\" names no container engine: use unix:///path/to/socket, /path/to/socket or tcp://host:port")]
    Unknown(String),
    #[error("\"{0}\": engines over ssh or TLS are not supported; forward the engine's socket and name that")]
    Unsupported(String),
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let unknown = || EndpointError::Unknown(text.to_owned());
        if let Some(path) = text.strip_prefix("unix://") {
            return if path.starts_with('/') {
                Ok(Self::Unix(path.into()))
            } else {
                Err(unknown())
            };
        }
        if let Some(address) = text.strip_prefix("tcp://").or_else(|| text.strip_prefix("http://")) {
            let address = address.trim_end_matches('/');
            return if address.contains(':') {
                Ok(Self::Tcp(address.to_owned()))
            } else {
                Err(unknown())
            };
        }
        if text.starts_with("ssh://") || text.starts_with("https://") {
            return Err(EndpointError::Unsupported(text.to_owned()));
        }
        if text.starts_with('/') {
            Ok(Self::Unix(text.into()))
        } else {
            Err(unknown())
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp://{address}"),
        }
    }
}

impl Endpoint {
    pub fn socket(&self) -> Option<&Path> {
        match self {
            Self::Unix(path) => Some(path),
            Self::Tcp(_) => None,
        }
    }

    pub(super) fn open(&self, timeout: Duration) -> Result<Docker, bollard::errors::Error> {
        let seconds = timeout.as_secs();
        let client = match self {
            Self::Unix(path) => Docker::connect_with_unix(&path.to_string_lossy(), seconds, API_DEFAULT_VERSION),
            Self::Tcp(address) => Docker::connect_with_http(address, seconds, API_DEFAULT_VERSION),
        }?;
        Ok(client.with_request_modifier(with_safe_credentials))
    }
}

/// A client that adds these parameters to its builds: the library has no words for Podman's own, and Docker passes over
/// them.
pub(super) fn with_build_parameters(client: Docker, parameters: String) -> Docker {
    client.with_request_modifier(move |request| {
        let mut request = with_safe_credentials(request);
        if let Some(uri) = with_query(request.uri(), &parameters) {
            *request.uri_mut() = uri;
        }
        request
    })
}

fn with_query(uri: &Uri, parameters: &str) -> Option<Uri> {
    if !uri.path().ends_with("/build") {
        return None;
    }
    let mut parts = uri.clone().into_parts();
    let joint = if uri.query().is_some() { '&' } else { '?' };
    parts.path_and_query = Some(format!("{}{joint}{parameters}", parts.path_and_query?).parse().ok()?);
    Uri::from_parts(parts).ok()
}

fn with_safe_credentials<B>(mut request: Request<B>) -> Request<B> {
    for name in ["x-registry-auth", "x-registry-config"] {
        if let Some(value) = request.headers().get(name).and_then(url_safe) {
            request.headers_mut().insert(name, value);
        }
    }
    request
}

/// Engines decode credentials with the URL-safe alphabet; the client library writes the standard one.
fn url_safe(value: &HeaderValue) -> Option<HeaderValue> {
    let text = value.to_str().ok()?.replace('+', "-").replace('/', "_");
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_parse_and_print() {
        for (text, printed) in [
            ("unix:///run/docker.sock", "unix:///run/docker.sock"),
            ("/run/docker.sock", "unix:///run/docker.sock"),
            ("tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375"),
            ("http://127.0.0.1:2375/", "tcp://127.0.0.1:2375"),
        ] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), printed);
        }
    }

    #[test]
    fn what_names_no_engine_is_refused() {
        for text in ["", "docker", "unix://run.sock", "tcp://localhost", "run/docker.sock"] {
            assert!(
                matches!(text.parse::<Endpoint>(), Err(EndpointError::Unknown(_))),
                "{text}"
            );
        }
        assert!(matches!(
            "ssh://host".parse::<Endpoint>(),
            Err(EndpointError::Unsupported(_))
        ));
    }

    #[test]
    fn parameters_are_added_to_builds_only() {
        let changed = |uri: &str| with_query(&uri.parse().unwrap(), "layers=false").map(|uri| uri.to_string());
        assert_eq!(
            changed("http://x/v1.41/build?t=a").as_deref(),
            Some("http://x/v1.41/build?t=a&layers=false")
        );
        assert_eq!(
            changed("http://x/build").as_deref(),
            Some("http://x/build?layers=false")
        );
        assert_eq!(changed("http://x/v1.41/images/json"), None);
    }

    #[test]
    fn credentials_are_sent_in_the_url_safe_alphabet() {
        assert_eq!(url_safe(&HeaderValue::from_static("a+b/c=")).unwrap(), "a-b_c=");
    }
}
