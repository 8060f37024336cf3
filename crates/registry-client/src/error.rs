use std::time::Duration;

use weir_oci::{Digest, ImageConfigError, ManifestError};

use crate::AddressClass;

/// Why something could not be fetched. The variants are what a caller can tell apart; [`crate::ImportFailure`] puts
/// them into the words of an import's status.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("not found")]
    NotFound,
    /// The registry wants credentials, or more rights than these credentials have.
    #[error("access denied{}", if *.had_credentials { "" } else { " and no credentials were given" })]
    Unauthorized { had_credentials: bool },
    #[error("the registry does not accept the user name and password")]
    WrongCredentials,
    /// The credentials were kept back: `realm` is not a place they were given for.
    #[error(
        "the registry {registry} asks to send its credentials to {realm}; they are only sent over TLS and within the registry's own domain"
    )]
    ForeignRealm { registry: String, realm: String },
    #[error("the registry answers plain HTTP where TLS is expected")]
    HttpOnly,
    #[error("{host} does not support the v2 Registry API")]
    NotV2 { host: String },
    #[error("{host} is a {class} address; registries there are contacted only if the administrator allows it")]
    AddressRefused { host: String, class: AddressClass },
    #[error("toomanyrequests: the registry asks for fewer requests{}", .retry_after.map(|wait| format!("; try again in {} s", wait.as_secs())).unwrap_or_default())]
    RateLimited { retry_after: Option<Duration> },
    #[error("timed out while {0}")]
    Timeout(Phase),
    #[error("cannot connect to {host}: {reason}")]
    Connect { host: String, reason: String },
    #[error("the {what} is larger than {limit} bytes")]
    TooLarge { what: &'static str, limit: u64 },
    #[error("content integrity error: expected {expected}, received {actual}")]
    Integrity { expected: Digest, actual: Digest },
    #[error("{0}")]
    Manifest(#[from] ManifestError),
    #[error("{0}")]
    Config(#[from] ImageConfigError),
    #[error("no manifests in manifest list")]
    EmptyIndex,
    /// An index inside an index inside an index.
    #[error("the image is an index that leads to another index")]
    NestedIndex,
    /// The registry's own fault, in its own words as far as they are a known code.
    #[error("the registry answered {status}{}", .code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Server { status: u16, code: Option<String> },
    /// The answer makes no sense.
    #[error("unexpected answer: {0}")]
    Protocol(String),
    #[error("the connection broke: {0}")]
    Broken(String),
}

/// What was being waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Connecting,
    Headers,
    Body,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Phase::Connecting => "connecting",
            Phase::Headers => "waiting for the answer",
            Phase::Body => "waiting for more data",
        })
    }
}
