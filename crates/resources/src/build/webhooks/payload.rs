//! What callers send, and what it means for the config.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::Value;
use weir_api::build::{BuildSource, DockerStrategyOptions, SourceRevision};
use weir_apiserver::{ApiError, DocumentFormat, decode_document};

/// How much of what a caller sent is repeated to him, in bytes: enough to find it.
const MAX_SHOWN: usize = 256;

/// One call whose secret was right.
pub(super) struct Delivery<'a> {
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    /// Of the config.
    pub source: &'a BuildSource,
    /// Whether the caller may set variables.
    pub allow_env: bool,
}

/// What a call means.
#[derive(Debug, PartialEq)]
pub(super) enum Told {
    Build(Box<Wish>),
    /// It concerns something else.
    Nothing {
        warning: Option<String>,
    },
}

/// The build that a call asks for.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Wish {
    pub revision: Option<SourceRevision>,
    /// Variables as objects have them.
    pub env: Vec<Value>,
    pub docker_options: Option<DockerStrategyOptions>,
    /// What was wrong with the call; the build is made nevertheless.
    pub warning: Option<String>,
}

impl Told {
    pub const NOTHING: Self = Self::Nothing { warning: None };

    pub fn build(revision: Option<SourceRevision>) -> Self {
        Self::Build(Box::new(Wish {
            revision,
            ..Wish::default()
        }))
    }
}

impl Delivery<'_> {
    /// The text of a header; absent and empty are the same.
    pub fn header(&self, name: &str) -> Option<&str> {
        let text = self.headers.get(name)?.to_str().ok()?;
        Some(text).filter(|text| !text.is_empty())
    }

    /// `TYPE/SUBTYPE` of the body, in lower case. `None` when the caller does not say; 400 when it is no media type.
    pub fn media_type(&self) -> Result<Option<String>, ApiError> {
        let Some(value) = self.headers.get(CONTENT_TYPE).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        let essence = value
            .to_str()
            .ok()
            .and_then(|text| text.split(';').next())
            .unwrap_or_default();
        let essence = essence.trim().to_ascii_lowercase();
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_token);
        match essence.split_once('/') {
            Some((kind, subtype)) if is_word(kind) && is_word(subtype) => Ok(Some(essence)),
            _ => Err(ApiError::bad_request(
                "error parsing Content-Type: it must have the form TYPE/SUBTYPE",
            )),
        }
    }

    /// The event of a provider that names it in a header and sends JSON.
    pub fn event(&self, header: &[&str]) -> Result<&str, ApiError> {
        match self.media_type()?.as_deref() {
            Some("application/json") => {}
            Some(found) => {
                return Err(ApiError::bad_request(format!(
                    "unsupported Content-Type {}: choose application/json in the settings of the webhook",
                    shown(found)
                )));
            }
            None => {
                return Err(ApiError::bad_request(
                    "missing Content-Type: the payload must be application/json",
                ));
            }
        }
        header
            .iter()
            .find_map(|name| self.header(name))
            .ok_or_else(|| ApiError::bad_request(format!("missing {}", header.join(" or "))))
    }

    /// The body of a provider's event.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let document = decode_document(DocumentFormat::Json, self.body)?;
        if !document.is_object() {
            return Err(ApiError::bad_request("the payload is no JSON object"));
        }
        serde_json::from_value(document).map_err(|error| {
            let why = error.to_string();
            ApiError::bad_request(format!("the payload cannot be understood: {}", shown(&why)))
        })
    }
}

/// The beginning of what a caller sent, to be repeated in an answer.
pub(super) fn shown(text: &str) -> &str {
    cut(text, MAX_SHOWN)
}

/// At most so many bytes, in whole characters.
pub(super) fn cut(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// Characters of a token, as HTTP has them.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
