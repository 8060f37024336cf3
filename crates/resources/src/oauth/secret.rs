use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use weir_apiserver::FieldError;

/// How all secrets of this server begin, and the names they are kept under.
pub(crate) const PREFIX: &str = "sha256~";
/// 256 bits cannot be guessed, so that no salt or slow hash is needed.
const SECRET_BYTES: usize = 32;
/// Bytes of a hash in base64 without padding.
const HASH_LENGTH: usize = 43;

/// A new secret: a token, or a code for one.
pub(super) fn generate() -> String {
    format!("{PREFIX}{}", random())
}

/// Text that nobody can guess.
pub(super) fn random() -> String {
    let mut secret = [0u8; SECRET_BYTES];
    rand::rng().fill(&mut secret);
    URL_SAFE_NO_PAD.encode(secret)
}

/// The name of the object that `secret` is kept as; the secret does not follow from it. `None`: it is no secret of ours.
pub(crate) fn token_name(secret: &str) -> Option<String> {
    let text = secret.strip_prefix(PREFIX).filter(|text| !text.is_empty())?;
    Some(format!("{PREFIX}{}", sha256_text(text)))
}

/// As PKCE and token names write it.
pub(super) fn sha256_text(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}

/// Takes the same time whatever differs.
pub(super) fn same(one: &str, other: &str) -> bool {
    let hash = |text: &str| Sha256::digest(text.as_bytes());
    hash(one).as_slice().ct_eq(hash(other).as_slice()).into()
}

/// Tokens are kept under hashes only: a secret as the name of an object would be readable for whoever lists them.
pub(super) fn validate_token_name(name: &str) -> Result<(), String> {
    let hash = name.strip_prefix(PREFIX).unwrap_or_default();
    let decoded = URL_SAFE_NO_PAD.decode(hash);
    match hash.len() == HASH_LENGTH && decoded.is_ok() {
        true => Ok(()),
        false => Err(format!(
            "must be {PREFIX} and the SHA-256 of the token in URL-safe base64"
        )),
    }
}

/// A field that must hold a positive number of seconds.
pub(super) fn seconds(field: &str, value: &serde_json::Value) -> Option<FieldError> {
    let positive = value.as_i64().is_some_and(|seconds| seconds > 0);
    (!positive).then(|| FieldError::invalid(field, value, "must be a number of seconds greater than 0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_token_is_the_one_that_clients_compute() {
        // The SHA-256 of "test".
        assert_eq!(
            token_name("sha256~test").as_deref(),
            Some("sha256~n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg")
        );
        assert_eq!(token_name("test"), None);
        assert_eq!(token_name("sha256~"), None);
    }

    #[test]
    fn a_secret_is_no_name() {
        let secret = generate();
        assert!(validate_token_name(&token_name(&secret).unwrap()).is_ok());
        for wrong in [
            "sha256~short",
            "jane",
            "sha256~n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCg/",
        ] {
            assert!(validate_token_name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn secrets_are_new_and_compared_whole() {
        assert_ne!(generate(), generate());
        assert!(same("a", "a") && !same("a", "b") && !same("a", "aa") && !same("", "a"));
    }
}
