//! A P-256 key pair for signing tokens, made at the first start.

use std::path::Path;

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};

use crate::{AuthorityError, private_file};

/// Both halves as PEM: PKCS#8 and SubjectPublicKeyInfo.
pub struct SigningKey {
    pub private_pem: String,
    pub public_pem: String,
}

impl SigningKey {
    /// Reads the private key at `path`, or makes it.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds no usable key.
    pub fn load_or_create(path: &Path) -> Result<Self, AuthorityError> {
        let unusable = |error: rcgen::Error| AuthorityError::UnusableKey {
            path: path.to_owned(),
            detail: error.to_string(),
        };
        let made = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(unusable)?;
        let private_pem =
            private_file::read_or_create(path, || made.serialize_pem()).map_err(|source| AuthorityError::File {
                path: path.to_owned(),
                source,
            })?;
        let pair = KeyPair::from_pem(&private_pem).map_err(unusable)?;
        Ok(Self {
            public_pem: pair.public_key_pem(),
            private_pem,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_stays_the_same_and_nonsense_is_refused() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("key");
        let first = SigningKey::load_or_create(&path).expect("made");
        let again = SigningKey::load_or_create(&path).expect("read");
        assert_eq!(first.public_pem, again.public_pem);
        assert!(first.private_pem.contains("PRIVATE KEY") && first.public_pem.contains("PUBLIC KEY"));
        std::fs::write(&path, "nonsense").expect("write");
        assert!(SigningKey::load_or_create(&path).is_err());
    }
}
