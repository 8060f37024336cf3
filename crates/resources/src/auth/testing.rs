//! Keys and a clock for tests.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use super::ServiceAccountTokens;
use crate::Clock;

/// The moment every test happens in.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

pub(crate) fn clock() -> Clock {
    Arc::new(|| NOW)
}

pub(crate) fn tokens() -> Arc<ServiceAccountTokens> {
    static TOKENS: OnceLock<Arc<ServiceAccountTokens>> = OnceLock::new();
    TOKENS.get_or_init(new_tokens).clone()
}

pub(crate) fn other_tokens() -> Arc<ServiceAccountTokens> {
    new_tokens()
}

fn new_tokens() -> Arc<ServiceAccountTokens> {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a P-256 key");
    let tokens =
        ServiceAccountTokens::new(&pair.serialize_pem(), &pair.public_key_pem()).expect("keys of the right form");
    Arc::new(tokens)
}
