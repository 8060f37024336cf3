use std::fmt;

use weir_oci::Digest;

/// The word that stands for the absence of credentials where a client must have a token.
pub(crate) const ANONYMOUS: &str = "anonymous";

/// An API token. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// Who sends a request, as far as it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    Anonymous,
    Token(Token),
}

impl Token {
    pub fn new(text: impl Into<String>) -> Token {
        Token(text.into())
    }

    /// The token itself, to be sent to the API.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Caller {
    /// Tells callers apart without keeping their tokens.
    pub(crate) fn fingerprint(&self) -> Option<Digest> {
        match self {
            Caller::Anonymous => None,
            Caller::Token(token) => Some(Digest::sha256_of(token.0.as_bytes())),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
