use std::fmt;
use std::sync::Arc;

/// Why a token could not be signed, in the signer's words.
pub type SigningError = Box<dyn std::error::Error + Send + Sync>;

/// Whose token it is to be, and the secret that will keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenOwner<'a> {
    pub namespace: &'a str,
    pub account: &'a str,
    pub account_uid: &'a str,
    pub secret: &'a str,
}

/// Makes the tokens that secrets keep. They are asked for here and not at the API: what the API gives to anybody who may
/// ask expires soon, and these do not expire.
pub trait SecretTokens: Send + Sync {
    /// A new token.
    fn token(&self, owner: TokenOwner<'_>) -> Result<String, SigningError>;
}

/// What secrets are filled with.
#[derive(Clone)]
pub struct Issuance {
    pub tokens: Arc<dyn SecretTokens>,
    /// The certificate of the authority behind the API's own, as PEM.
    pub authority: String,
}

impl fmt::Debug for Issuance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuance")
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}
