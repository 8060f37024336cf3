use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Bytes of randomness in a generated token: 256 bits cannot be guessed, so no salt or slow hash is needed.
const SECRET_BYTES: usize = 32;

/// The administrator's credential. Only its hash is kept, so that a memory dump or a log line cannot leak it.
#[derive(Clone)]
pub struct AdminToken {
    hash: [u8; 32],
}

impl AdminToken {
    /// A new secret, in the form `sha256~SECRET` that `oc` knows, for the binary to write into a kubeconfig.
    pub fn generate() -> String {
        use base64::Engine;
        use rand::Rng;
        let mut secret = [0u8; SECRET_BYTES];
        rand::rng().fill(&mut secret);
        format!(
            "sha256~{}",
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(secret)
        )
    }

    pub fn new(secret: &str) -> Self {
        Self {
            hash: Sha256::digest(secret.as_bytes()).into(),
        }
    }

    /// Takes the same time whatever `bearer` is.
    pub fn matches(&self, bearer: &str) -> bool {
        let hash: [u8; 32] = Sha256::digest(bearer.as_bytes()).into();
        self.hash.ct_eq(&hash).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_itself_matches() {
        let secret = AdminToken::generate();
        let token = AdminToken::new(&secret);
        assert!(token.matches(&secret));
        assert!(!token.matches(&secret[1..]));
        assert!(!token.matches(""));
    }

    #[test]
    fn two_generated_secrets_differ() {
        assert_ne!(AdminToken::generate(), AdminToken::generate());
    }
}
